import type { Message, Request } from "../protocol.ts";

type Question = Extract<Request, { id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;
type News = Exclude<Message, { id: number }>;

/** The page's end of the line to its worker. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting: Map<number, PromiseWithResolvers<unknown>> = new Map();
  #nextId = 0;

  /** Starts the worker. */
  constructor(onNews: (news: News) => void, onBreakdown: (message: string) => void) {
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!("id" in data)) return onNews(data);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.type === "answer") waiting?.resolve(data.value);
      else waiting?.reject(new Error(data.message));
    };
    this.#worker.onerror = (event) => onBreakdown(event.message || "The worker did not start");
  }

  /** Says something that needs no answer. */
  tell(request: Exclude<Request, { id: number }>): void {
    this.#worker.postMessage(request);
  }

  /** Asks for something. The answer is of the type that the request promises. */
  ask<T>(question: WithoutId<Question>): Promise<T> {
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ ...question, id });
    return waiting.promise as Promise<T>;
  }
}
