// A disk in memory that fails and crashes when told to.
import { JournalFencedError, JournalLockedError } from "../../src/journal/errors.ts";
import type { LogAppender, LogDirectory } from "../../src/journal/log_directory.ts";

/** What happens to a write instead of what should. */
export interface Fault {
  /** Whether the writer lives on, with an error, or nothing works from here on. */
  readonly kind: "fail" | "crash";
  /** What becomes of bytes that were not synced; `undefined` if they are all lost. */
  readonly damage?: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

export class Disk {
  /** What is on the disk, by name. */
  readonly files: Map<string, Uint8Array>;
  /** Calls that change something, so far. */
  steps = 0;
  /** Calls that add to a file, each of which is a sync. */
  appends = 0;
  /** Says what goes wrong with a step. */
  plan: (step: number) => Fault | undefined = () => undefined;
  /** Lengths of what the system was given but has not put on the disk, by name. */
  readonly #unsynced = new Map<string, number>();
  #hasCrashed = false;
  #owner: object | undefined;

  constructor(files: Iterable<[string, Uint8Array]> = []) {
    this.files = new Map(files);
  }

  get bytes(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** The disk as the next process finds it, after this one died. */
  afterCrash(): Disk {
    const next = new Disk(this.files);
    for (const [name, length] of this.#unsynced) next.#unsynced.set(name, length);
    return next;
  }

  /** The disk after a power cut, which takes everything that was not synced. */
  afterPowerCut(): Disk {
    const next = new Disk(this.files);
    for (const [name, length] of this.#unsynced) {
      const bytes = this.#get(name);
      next.files.set(name, bytes.slice(0, bytes.length - length));
    }
    return next;
  }

  directory(): LogDirectory {
    const owner = {};
    return {
      path: "on disk",
      claim: async () => {
        await this.#turn();
        if (this.#owner !== undefined) {
          throw new JournalLockedError("on disk", { file: "lock", pid: 1 });
        }
        this.#owner = owner;
      },
      release: async () => {
        await this.#turn();
        if (this.#owner === owner) this.#owner = undefined;
      },
      list: async () => {
        await this.#turn();
        return [...this.files.keys()].sort();
      },
      read: async (name, maxBytes) => {
        await this.#turn();
        return this.#get(name).slice(0, maxBytes);
      },
      publish: (name, bytes) =>
        this.#step((fault) => {
          if (this.files.has(name)) throw new JournalFencedError("append", "on disk");
          // Atomic: there or not there.
          if (fault?.damage !== undefined || fault === undefined) {
            this.files.set(name, bytes.slice());
          }
        }),
      appendTo: async (name) => {
        await this.#turn();
        this.#get(name);
        return this.#appender(name);
      },
      sync: async (name) => {
        await this.#turn();
        this.#get(name);
        this.#unsynced.delete(name);
      },
      remove: (name) =>
        this.#step((fault) => {
          if (fault?.damage !== undefined || fault === undefined) this.files.delete(name);
        }),
    };
  }

  #appender(name: string): LogAppender {
    return {
      append: (bytes) => {
        this.appends++;
        return this.#step((fault) => {
          const before = this.#get(name);
          const added = fault === undefined ? bytes : fault.damage?.(bytes) ?? new Uint8Array(0);
          const after = new Uint8Array(before.length + added.length);
          after.set(before);
          after.set(added, before.length);
          this.files.set(name, after);
          if (fault !== undefined) this.#unsynced.set(name, added.length);
        });
      },
      close: () => this.#turn(),
    };
  }

  #get(name: string): Uint8Array {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new Error(`no such file: ${name}`);
    return bytes;
  }

  async #step(run: (fault: Fault | undefined) => void): Promise<void> {
    await this.#turn();
    const fault = this.plan(this.steps++);
    run(fault);
    if (fault?.kind === "crash") this.#hasCrashed = true;
    if (fault !== undefined) throw new Error(`disk ${fault.kind}`);
    await this.#turn();
  }

  async #turn(): Promise<void> {
    await undefined;
    if (this.#hasCrashed) throw new Error("disk crash");
  }
}
