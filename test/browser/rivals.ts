/** Workers that do to storage what they are told: other tabs, as far as storage can tell. */

import type { Place } from "./places.ts";

/** What a rival is to do. */
export type Task =
  /** Puts a value under each key, if there is none; answers with whether there was none. */
  | {
    readonly do: "put if absent";
    readonly place: Place;
    readonly keys: readonly string[];
    readonly value: Uint8Array;
  }
  /** Puts values of 1000 times as many bytes as each byte says, on and on. */
  | { readonly do: "overwrite"; readonly place: Place; readonly key: string }
  /** Appends 0, 1, 2 … to segment "a", on and on; answers with each that is acknowledged. */
  | { readonly do: "append"; readonly place: Place }
  /** Holds the lock; answers when it has it. */
  | { readonly do: "hold lock"; readonly name: string };

/** A worker that was given a task. */
export interface Rival {
  /** What it answered, so far. */
  readonly answers: unknown[];
  /** Resolves with the first answer. */
  readonly answer: Promise<unknown>;
  /** Ends it as a crash would. */
  end(): void;
}

/** Starts a worker and gives it a task. */
export function startRival(task: Task): Rival {
  const worker = new Worker("/code/rival_worker.js", { type: "module" });
  const answers: unknown[] = [];
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      answers.push(data);
      resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(`a rival failed: ${message}`));
  });
  worker.postMessage(task);
  return { answers, answer, end: () => worker.terminate() };
}
