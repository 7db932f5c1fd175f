import type { Change } from "./change.ts";
import type { JournalRecord, JournalSegment } from "./journal.ts";

const MAX_NAME_BYTES = 1024;
const MAX_APPEND_BYTES = 2 ** 30;

/**
 * Which segments there are: what every journal needs, whatever it keeps them in. The three verbs
 * check a call and turn it into changes; `apply` makes a change. A verb that throws has changed
 * nothing.
 */
export class SegmentTable {
  readonly #byId: Map<number, JournalSegment>;
  readonly #ids: Map<string, number>;
  #lastId: number;

  /** @param from The table to begin as a copy of; empty if omitted. */
  constructor(from?: SegmentTable) {
    this.#byId = new Map(from === undefined ? [] : from.#byId);
    this.#ids = new Map(from === undefined ? [] : from.#ids);
    this.#lastId = from === undefined ? 0 : from.#lastId;
  }

  /** What the table holds, in the order the segments were begun. */
  get segments(): JournalSegment[] {
    return [...this.#byId.values()];
  }

  /** Whether the segment is in the table. */
  has(id: number): boolean {
    return this.#byId.has(id);
  }

  /** The id of a segment that must be there for the caller to `verb` it. */
  idOf(segment: string, verb: string): number {
    const id = this.#ids.get(segment);
    if (id === undefined) {
      throw new TypeError(
        `Cannot ${verb} segment ${JSON.stringify(segment)}: it is not in the journal`,
      );
    }
    return id;
  }

  append(records: readonly JournalRecord[]): Change[] {
    let bytes = 0;
    for (const { segment, payload } of records) {
      const id = this.#ids.get(segment);
      if (id === undefined) assertName(segment);
      else this.#assertOpen(id, "append to");
      if (!(payload instanceof Uint8Array)) {
        throw new TypeError(
          `Cannot append a payload that is not a Uint8Array: current value is ${String(payload)}`,
        );
      }
      // With room for what is kept along with it; UTF-8 has at most three bytes a code unit.
      bytes += payload.length + 3 * segment.length + 16;
    }
    if (bytes > MAX_APPEND_BYTES) {
      throw new RangeError(
        `Cannot append more than ${MAX_APPEND_BYTES} bytes at once: current value is ${bytes}`,
      );
    }
    return records.map(({ segment, payload }) => {
      const id = this.#ids.get(segment) ?? this.#lastId + 1;
      const change: Change = { kind: "append", id, segment, payload };
      this.apply(change);
      return change;
    });
  }

  seal(segments: readonly string[], number: number): Change[] {
    if (!Number.isSafeInteger(number) || number < 0) {
      throw new RangeError(
        `Cannot seal segments with a number that is not an integer from 0 to 2^53 - 1: ` +
          `current value is ${number}`,
      );
    }
    const ids = [...new Set(segments)].map((segment) => this.idOf(segment, "seal"));
    for (const id of ids) this.#assertOpen(id, "seal");
    return this.#change({ kind: "seal", ids, number });
  }

  delete(segments: readonly string[]): Change[] {
    const ids = [...new Set(segments)].flatMap((segment) => this.#ids.get(segment) ?? []);
    return this.#change({ kind: "delete", ids });
  }

  apply(change: Change): void {
    if (change.kind === "append") {
      const { id, segment } = change;
      if (!this.#byId.has(id)) {
        this.#byId.set(id, { segment, number: undefined });
        this.#ids.set(segment, id);
        this.#lastId = Math.max(this.#lastId, id);
      }
      return;
    }
    for (const id of change.ids) {
      this.#lastId = Math.max(this.#lastId, id);
      const found = this.#byId.get(id);
      // What deals with a segment may outlive its records; see `reclaim.ts`.
      if (found === undefined) continue;
      if (change.kind === "seal") {
        this.#byId.set(id, { segment: found.segment, number: change.number });
      } else {
        this.#byId.delete(id);
        if (this.#ids.get(found.segment) === id) this.#ids.delete(found.segment);
      }
    }
  }

  #change(change: Exclude<Change, { kind: "append" }>): Change[] {
    if (change.ids.length === 0) return [];
    this.apply(change);
    return [change];
  }

  #assertOpen(id: number, verb: string): void {
    const { segment, number } = this.#byId.get(id)!;
    if (number !== undefined) {
      throw new TypeError(
        `Cannot ${verb} segment ${JSON.stringify(segment)}: it is sealed for commit ${number}`,
      );
    }
  }
}

function assertName(segment: string): void {
  // A lone surrogate would be read back as another name.
  const fits = typeof segment === "string" && segment !== "" && segment.isWellFormed() &&
    new TextEncoder().encode(segment).length <= MAX_NAME_BYTES;
  if (!fits) {
    throw new TypeError(
      `Cannot use a segment name that is not 1 to ${MAX_NAME_BYTES} bytes of well-formed text: ` +
        `current value is ${JSON.stringify(segment)}`,
    );
  }
}
