import type { Column } from "./column.ts";
import type { Columns } from "./take.ts";

/** Makes columns of what is in a kernel's memory. */
export interface ColumnSource {
  all(): Columns;
  one(name: string): Column | undefined;
}

/**
 * Columns that are in the memory of a kernel, until its next batch: what holds rows in that memory
 * takes them there, so most are never asked for.
 */
export class LentColumns implements Columns {
  /** The kernel. */
  readonly lender: object;
  readonly #source: ColumnSource;
  #columns: Columns | undefined;

  constructor(lender: object, source: ColumnSource) {
    this.lender = lender;
    this.#source = source;
  }

  get(name: string): Column | undefined {
    return this.#columns === undefined ? this.#source.one(name) : this.#columns.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    return this.#all.size;
  }

  keys(): MapIterator<string> {
    return this.#all.keys();
  }

  values(): MapIterator<Column> {
    return this.#all.values();
  }

  entries(): MapIterator<[string, Column]> {
    return this.#all.entries();
  }

  forEach(visit: (column: Column, name: string, columns: Columns) => void): void {
    this.#all.forEach(visit);
  }

  [Symbol.iterator](): MapIterator<[string, Column]> {
    return this.entries();
  }

  get #all(): Columns {
    return this.#columns ??= this.#source.all();
  }
}
