// A process that can be killed: everything it does to a store and a journal goes through here.
import type {
  Journal,
  JournalContents,
  JournalOpenOptions,
  JournalRecord,
} from "../../src/journal/journal.ts";
import type {
  Store,
  StoreEntry,
  StoreOptions,
  StorePutOptions,
  StoreRange,
} from "../../src/stores/store.ts";

/** A call of a process: `store.put`, `journal.seal`, …, and of what. */
export interface Call {
  readonly verb: string;
  /** The key or prefix, or the segments. */
  readonly target: string;
  /** How many calls there were before. */
  readonly index: number;
}

/**
 * What becomes of a call. One that is lost, or happens but is not answered, is the process's death;
 * one that is held only waits, and does not happen either.
 */
export type Fate = "answered" | "held" | "unanswered" | "lost";

/** A process. Once it is dead, no call is answered any more. */
export class Mortal {
  readonly #fateOf: (call: Call) => Fate;
  #calls = 0;
  #die!: () => void;
  #isDead = false;
  /** Whether all that was under way when it died has been done, or never will be. */
  #isOver = false;
  /** Resolves when the process dies. */
  readonly death: Promise<void> = new Promise((resolve) => this.#die = resolve);

  /** @param fateOf Is asked after death as well, of what was under way. */
  constructor(fateOf: (call: Call) => Fate = () => "answered") {
    this.#fateOf = fateOf;
  }

  /** How many calls were made. */
  get calls(): number {
    return this.#calls;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Dies now, if not before. */
  kill(): void {
    this.#isDead = true;
    this.#die();
  }

  /**
   * What `run` resolves to, or `undefined` if the process dies before. What was under way has a turn
   * of the event loop to be done; after that nothing of the process happens any more.
   */
  async survive<T>(run: Promise<T>): Promise<T | undefined> {
    const result = await Promise.race([run, this.death.then(() => undefined)]);
    if (!this.#isDead) return result;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#isOver = true;
    return undefined;
  }

  async call<T>(verb: string, target: string, run: () => Promise<T>): Promise<T> {
    if (this.#isOver) return await new Promise<never>(() => {});
    const fate = this.#fateOf({ verb, target, index: this.#calls++ });
    if (fate === "unanswered" || fate === "answered" && !this.#isDead) {
      if (fate === "unanswered") this.kill();
      const result = await run();
      if (!this.#isDead) return result;
    }
    if (fate !== "held") this.kill();
    return await new Promise<never>(() => {});
  }

  store(store: Store): Store {
    return new MortalStore(this, store);
  }

  journal(journal: Journal): Journal {
    return new MortalJournal(this, journal);
  }
}

class MortalStore implements Store {
  readonly #process: Mortal;
  readonly #store: Store;

  constructor(process: Mortal, store: Store) {
    this.#process = process;
    this.#store = store;
  }

  put(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    return this.#process.call("store.put", key, () => this.#store.put(key, bytes, options));
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return this.#process.call("store.get", key, () => this.#store.get(key, options));
  }

  getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    return this.#process.call(
      "store.getRange",
      key,
      () => this.#store.getRange(key, range, options),
    );
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    yield* await this.#process.call(
      "store.list",
      prefix,
      () => Promise.resolve(this.#store.list(prefix, options)),
    );
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return this.#process.call("store.delete", key, () => this.#store.delete(key, options));
  }
}

class MortalJournal implements Journal {
  readonly #process: Mortal;
  readonly #journal: Journal;

  constructor(process: Mortal, journal: Journal) {
    this.#process = process;
    this.#journal = journal;
  }

  open(options?: JournalOpenOptions): Promise<JournalContents> {
    return this.#process.call("journal.open", "", () => this.#journal.open(options));
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    return this.#process.call(
      "journal.append",
      records.map(({ segment }) => segment).join(),
      () => this.#journal.append(records),
    );
  }

  seal(segments: readonly string[], number: number): Promise<void> {
    return this.#process.call(
      "journal.seal",
      segments.join(),
      () => this.#journal.seal(segments, number),
    );
  }

  async *read(segment: string): AsyncGenerator<Uint8Array, void, void> {
    yield* await this.#process.call(
      "journal.read",
      segment,
      () => Promise.resolve(this.#journal.read(segment)),
    );
  }

  delete(segments: readonly string[]): Promise<void> {
    return this.#process.call(
      "journal.delete",
      segments.join(),
      () => this.#journal.delete(segments),
    );
  }

  close(): Promise<void> {
    return this.#process.call("journal.close", "", () => this.#journal.close());
  }
}
