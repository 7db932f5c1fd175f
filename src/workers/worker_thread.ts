/** A thread of its own, as this library uses it: a Web Worker, or what Node has in its place. */
export interface WorkerThread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  terminate(): void;
}

/** What comes of a thread. */
export interface ThreadEvents {
  readonly onMessage: (message: unknown) => void;
  /** It has ended, or can't go on. */
  readonly onFailure: (cause: unknown) => void;
}

/** What this needs of `node:worker_threads`. */
interface NodeThreads {
  readonly parentPort: NodePort | null;
  readonly Worker: new (
    url: URL,
    options: NodeWorkerOptions,
  ) => NodePort & { terminate(): unknown };
}

interface NodeWorkerOptions {
  readonly resourceLimits: { readonly maxYoungGenerationSizeMb: number };
}

/**
 * The room that V8 has for young objects: 1 MB a space. What a worker works on is in its kernel's
 * memory, and with more room it is no faster; but V8 would take 48 MB in time, and let as many bytes of
 * dead buffers lie.
 */
const YOUNG_MB = 3;

interface NodePort {
  on(event: string, listener: (value: unknown) => void): unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/** Starts a thread that runs a module. */
export function startThread(url: URL, { onMessage, onFailure }: ThreadEvents): WorkerThread {
  if (typeof Worker === "function") {
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = (event) => onMessage(event.data);
    worker.onmessageerror = () => onFailure(new Error("A message could not be read"));
    worker.onerror = (event) => {
      event.preventDefault();
      onFailure(event.error ?? new Error(event.message || `Cannot load ${url}`));
    };
    return {
      post: (message, transfer) => worker.postMessage(message, [...transfer]),
      terminate: () => worker.terminate(),
    };
  }
  const threads = nodeThreads();
  if (threads === undefined) throw new Error("Cannot start a worker: this runtime has none");
  const worker = new threads.Worker(url, {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  worker.on("message", onMessage);
  worker.on("messageerror", onFailure);
  worker.on("error", onFailure);
  worker.on("exit", (code) => onFailure(new Error(`The worker ended with exit code ${code}`)));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => void worker.terminate(),
  };
}

/** To be called in a thread: answers messages. */
export function answerMessages(
  answer: (message: unknown, post: WorkerThread["post"]) => void,
): void {
  const port = nodeThreads()?.parentPort;
  if (port) {
    const post = port.postMessage.bind(port);
    port.on("message", (message) => answer(message, post));
    return;
  }
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent) => void;
    postMessage?(message: unknown, transfer: readonly ArrayBuffer[]): void;
  };
  const post = scope.postMessage?.bind(scope);
  if (post === undefined) return; // this is no thread but the program itself
  scope.onmessage = (event) => answer(event.data, post);
}

/** Node's threads, which it gives without an import (from 20.16 on). */
function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
  };
  return process?.getBuiltinModule?.("node:worker_threads") as NodeThreads | undefined;
}
