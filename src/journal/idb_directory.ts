import { joinBytes } from "../join_bytes.ts";
import { promisifyRequest, type UseStore } from "idb-keyval";
import { committed, useObjects } from "../stores/idb_objects.ts";
import { JournalFencedError } from "./errors.ts";
import type { LogAppender, LogDirectory } from "./log_directory.ts";

/** Where the token of the writer is that has the journal. */
const WRITER = "writer";
/** How many pieces of a file are read at a time. */
const READ_PIECES = 64;

/**
 * A {@linkcode LogDirectory} in IndexedDB. A file is a row of pieces, one for each write, under
 * `[name, index]`; every change is a transaction of its own, which looks first whether the journal
 * is still the writer's.
 */
export class IdbLogDirectory implements LogDirectory {
  readonly path: string;
  readonly #use: UseStore;
  readonly #token: string = crypto.randomUUID();

  constructor(database: string) {
    this.path = `in the database ${JSON.stringify(database)}`;
    this.#use = useObjects(database, "journal");
  }

  async claim(): Promise<void> {
    await this.#use("readwrite", async (objects) => {
      objects.put(this.#token, WRITER);
      await committed(objects.transaction);
    });
  }

  async release(): Promise<void> {
    await this.#use("readwrite", async (objects) => {
      if (await promisifyRequest(objects.get(WRITER)) !== this.#token) return;
      objects.delete(WRITER);
      await committed(objects.transaction);
    });
  }

  async list(): Promise<string[]> {
    const names: string[] = [];
    await this.#use("readonly", async (objects) => {
      for (let after: IDBValidKey = [];;) {
        const key = await promisifyRequest(objects.getKey(IDBKeyRange.lowerBound(after, true)));
        if (key === undefined) return;
        const [name] = key as [string, number];
        names.push(name);
        after = [name, []];
      }
    });
    return names;
  }

  async read(name: string, maxBytes: number = Infinity): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    // The first piece alone, in case it is enough: a file's header often is all that is wanted.
    for (let count = 1; size < maxBytes; count = READ_PIECES) {
      const page: Uint8Array[] = await this.#use("readonly", (objects) => {
        const rest = IDBKeyRange.bound([name, pieces.length], [name, []]);
        return promisifyRequest(objects.getAll(rest, count));
      });
      if (page.length === 0) break;
      for (const piece of page) size += piece.length;
      pieces.push(...page);
    }
    return joinBytes(pieces).subarray(0, maxBytes);
  }

  publish(name: string, bytes: Uint8Array): Promise<void> {
    return this.#change(async (objects) => {
      if (await promisifyRequest(objects.getKey(piecesOf(name))) !== undefined) {
        throw new JournalFencedError("append", this.path);
      }
      objects.add(new Uint8Array(bytes), [name, 0]);
    });
  }

  async appendTo(name: string): Promise<LogAppender> {
    let index = await this.#use(
      "readonly",
      (objects) => promisifyRequest(objects.count(piecesOf(name))),
    );
    return {
      append: async (bytes) => {
        await this.#change((objects) => {
          objects.add(new Uint8Array(bytes), [name, index]);
        });
        index++;
      },
      close: () => Promise.resolve(),
    };
  }

  /** There is nothing to do: a transaction is synced with all that were before it. */
  sync(): Promise<void> {
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    return this.#change((objects) => {
      objects.delete(piecesOf(name));
    });
  }

  async #change(run: (objects: IDBObjectStore) => void | Promise<void>): Promise<void> {
    await this.#use("readwrite", async (objects) => {
      if (await promisifyRequest(objects.get(WRITER)) !== this.#token) {
        throw new JournalFencedError("append", this.path);
      }
      await run(objects);
      await committed(objects.transaction);
    });
  }
}

function piecesOf(name: string): IDBKeyRange {
  return IDBKeyRange.bound([name], [name, []]);
}
