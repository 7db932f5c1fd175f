// A journal that fails when told to, as `FaultyStore` does.
import { JournalError } from "../../src/journal/errors.ts";
import type {
  Journal,
  JournalContents,
  JournalOpenOptions,
  JournalRecord,
} from "../../src/journal/journal.ts";
import type { StoreFault } from "../../src/testing/faulty_store.ts";

/** One call of a {@linkcode FaultyJournal}. */
export interface JournalCall {
  readonly operation: "open" | "append" | "seal" | "read" | "delete" | "close";
  /** The segments it was given. */
  readonly segments: readonly string[];
  /** How many calls of any verb the journal has had, with this one: 1 is the first. */
  readonly nthCall: number;
}

/** What goes wrong with a call. One that is delayed is answered late. */
export type JournalPlan = (call: JournalCall) => StoreFault | undefined;

/**
 * A journal that fails when told to. As any journal does, it refuses what would change it after a
 * change has failed, until it is opened again.
 */
export class FaultyJournal implements Journal {
  readonly #journal: Journal;
  readonly #plan: JournalPlan;
  #calls = 0;
  #failure: JournalError | undefined;

  constructor(journal: Journal, plan: JournalPlan) {
    this.#journal = journal;
    this.#plan = plan;
  }

  async open(options?: JournalOpenOptions): Promise<JournalContents> {
    const contents = await this.#call("open", [], () => this.#journal.open(options));
    this.#failure = undefined;
    return contents;
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    const segments = records.map(({ segment }) => segment);
    return this.#change("append", segments, () => this.#journal.append(records));
  }

  seal(segments: readonly string[], number: number): Promise<void> {
    return this.#change("seal", segments, () => this.#journal.seal(segments, number));
  }

  async *read(segment: string): AsyncGenerator<Uint8Array, void, void> {
    yield* await this.#call("read", [segment], () => Promise.resolve(this.#journal.read(segment)));
  }

  delete(segments: readonly string[]): Promise<void> {
    return this.#change("delete", segments, () => this.#journal.delete(segments));
  }

  close(): Promise<void> {
    return this.#call("close", [], () => this.#journal.close());
  }

  async #change(
    operation: "append" | "seal" | "delete",
    segments: readonly string[],
    run: () => Promise<void>,
  ): Promise<void> {
    if (this.#failure !== undefined) {
      throw new JournalError(operation, "of the test", { cause: this.#failure });
    }
    try {
      await this.#call(operation, segments, run);
    } catch (error) {
      if (error instanceof JournalError) this.#failure ??= error;
      throw error;
    }
  }

  async #call<T>(
    operation: JournalCall["operation"],
    segments: readonly string[],
    run: () => Promise<T>,
  ): Promise<T> {
    const fault = this.#plan({ operation, segments, nthCall: ++this.#calls });
    if (fault?.kind === "fail") throw failure(operation, fault.error);
    const result = await run();
    if (fault?.kind === "fail-after") throw failure(operation, fault.error);
    if (fault?.kind === "delay") await new Promise((resolve) => setTimeout(resolve, fault.ms));
    return result;
  }
}

function failure(operation: JournalCall["operation"], cause: unknown): JournalError {
  return new JournalError(operation, "of the test", { cause: cause ?? new Error("was planned") });
}
