import { type Duration, parseDuration } from "sluice";
import { jsonText } from "../../src/columns/column.ts";
import { STRING } from "../../src/columns/kind.ts";
import { ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import type { TableSettings } from "../protocol.ts";

const MIB = 1 << 20;
const NEWLINE = 10;

/**
 * Counts the rows of windows that are open, by key. What is committed is counted from the log; what
 * windows hold, nobody says, so lines are read a second time for it.
 */
export class Tally {
  /** Length of a window. */
  readonly windowMs: number;
  readonly #keyField: string | undefined;
  readonly #decoder: ReferenceDecoder;
  #arrivalMs = 0;
  #rest: Uint8Array = new Uint8Array(0);
  /** Windows that end by this time are closed. */
  #closedThrough = -Infinity;
  /** Rows by key by start of the window, in milliseconds since the epoch. */
  readonly windows: Map<number, Map<string, number>> = new Map();

  constructor(settings: TableSettings, keyField: string | undefined) {
    this.windowMs = lengthOf(settings.windowLength);
    this.#keyField = keyField;
    const { timeField } = settings;
    this.#decoder = new ReferenceDecoder({
      time: timeField === "" ? undefined : { field: timeField, unit: "ms" },
      maxEventBytes: MIB,
      now: () => this.#arrivalMs,
      firstLine: 1,
    });
  }

  /** Takes whole lines. */
  addLines(bytes: Uint8Array, arrivalMs: number): void {
    this.#arrivalMs = arrivalMs;
    const { rows, times, columns } = this.#decoder.decode({ bytes, start: 0, end: bytes.length });
    const column = this.#keyField === undefined ? undefined : columns.get(this.#keyField);
    const names = new Map<number, string>();
    const keyOf = (row: number): string => {
      if (this.#keyField === undefined) return "";
      if (column === undefined) return "(none)";
      if (column.kinds[row] !== STRING) return jsonText(column, row) ?? "(none)";
      const code = column.codes[row]!;
      const known = names.get(code);
      if (known !== undefined) return known;
      const name = column.pool!.get(code);
      names.set(code, name);
      return name;
    };
    for (let row = 0; row < rows; row++) {
      const start = Math.floor(times[row]! / 1000 / this.windowMs) * this.windowMs;
      if (start + this.windowMs <= this.#closedThrough) continue; // late
      let byKey = this.windows.get(start);
      if (byKey === undefined) this.windows.set(start, byKey = new Map());
      const key = keyOf(row);
      byKey.set(key, (byKey.get(key) ?? 0) + 1);
    }
  }

  /** Takes bytes that are cut anywhere. */
  addBytes(chunk: Uint8Array): void {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const lines = new Uint8Array(this.#rest.length + end);
    lines.set(this.#rest);
    lines.set(chunk.subarray(0, end), this.#rest.length);
    if (end === 0) {
      const rest = new Uint8Array(this.#rest.length + chunk.length);
      rest.set(this.#rest);
      rest.set(chunk, this.#rest.length);
      this.#rest = rest;
      return;
    }
    this.#rest = chunk.slice(end);
    this.addLines(lines, Date.now());
  }

  /** Events of windows that end by this time are late from now on. */
  closeThrough(time: number): void {
    this.#closedThrough = Math.max(this.#closedThrough, time);
  }

  /** Whether a window is open. */
  isOpen(start: number): boolean {
    return start + this.windowMs > this.#closedThrough;
  }

  /** Forgets a window that is in the table. */
  forget(start: number): void {
    this.windows.delete(start);
  }

  /** All rows that are held. */
  get rows(): number {
    let rows = 0;
    for (const byKey of this.windows.values()) {
      for (const count of byKey.values()) rows += count;
    }
    return rows;
  }
}

/** The length of a window in milliseconds. */
export function lengthOf(windowLength: Duration): number {
  return parseDuration(windowLength, "window");
}
