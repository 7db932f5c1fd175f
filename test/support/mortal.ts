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

/** When a process dies. */
export interface Death {
  /** How many calls are answered before. */
  readonly afterCalls: number;
  /** Which of the calls that are under way then happen all the same: bit 0 is the first. */
  readonly lastCalls: number;
}

/** A process. Once it is dead, no call is answered any more. */
export class Mortal {
  readonly #death: Death;
  #calls = 0;
  #die!: () => void;
  #isDead = false;
  /** Resolves when the process dies. */
  readonly death: Promise<void> = new Promise((resolve) => this.#die = resolve);

  constructor(death: Death = { afterCalls: Infinity, lastCalls: 0 }) {
    this.#death = death;
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

  /** What `run` resolves to, or `undefined` if the process dies before. */
  survive<T>(run: Promise<T>): Promise<T | undefined> {
    return Promise.race([run, this.death.then(() => undefined)]);
  }

  async call<T>(run: () => Promise<T>): Promise<T> {
    const { afterCalls, lastCalls } = this.#death;
    const index = this.#calls++ - afterCalls;
    if (index >= 0) this.kill();
    if (index < 0 ? !this.#isDead : index < 31 && (lastCalls >> index & 1) === 1) {
      const result = await run();
      if (!this.#isDead) return result;
    }
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
    return this.#process.call(() => this.#store.put(key, bytes, options));
  }

  get(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
    return this.#process.call(() => this.#store.get(key, options));
  }

  getRange(
    key: string,
    range: StoreRange,
    options?: StoreOptions,
  ): Promise<Uint8Array | undefined> {
    return this.#process.call(() => this.#store.getRange(key, range, options));
  }

  async *list(prefix: string, options?: StoreOptions): AsyncGenerator<StoreEntry, void, void> {
    yield* await this.#process.call(() => Promise.resolve(this.#store.list(prefix, options)));
  }

  delete(key: string, options?: StoreOptions): Promise<void> {
    return this.#process.call(() => this.#store.delete(key, options));
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
    return this.#process.call(() => this.#journal.open(options));
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    return this.#process.call(() => this.#journal.append(records));
  }

  seal(segments: readonly string[], number: number): Promise<void> {
    return this.#process.call(() => this.#journal.seal(segments, number));
  }

  async *read(segment: string): AsyncGenerator<Uint8Array, void, void> {
    yield* await this.#process.call(() => Promise.resolve(this.#journal.read(segment)));
  }

  delete(segments: readonly string[]): Promise<void> {
    return this.#process.call(() => this.#journal.delete(segments));
  }

  close(): Promise<void> {
    return this.#process.call(() => this.#journal.close());
  }
}
