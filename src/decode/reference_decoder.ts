import { ColumnBuilder } from "../columns/column_builder.ts";
import type { Column } from "../columns/column.ts";
import type { ColumnBatch } from "../columns/column_batch.ts";
import { JsonFloat, type JsonObject, type JsonValue } from "../columns/json_value.ts";
import { BatchLines } from "./batch_lines.ts";
import type { DeadLetter, DeadLetterReason } from "./dead_letter.ts";
import type { Decoder } from "./decoder.ts";
import { parseEventTime, type TimeUnit } from "./event_time.ts";
import { MAX_DEPTH, MAY_BLUR, parseExact } from "./exact_json.ts";
import type { LineBatch } from "./line_batcher.ts";

/** How many distinct fields the events of one batch may have. */
export const MAX_BATCH_FIELDS = 2000;

/** What a decoder is told of the events. */
export interface DecoderOptions {
  /** The field that holds the event time; without it events have the time they were decoded at. */
  readonly time: { readonly field: string; readonly unit: TimeUnit } | undefined;
  /** Longest line, in bytes. */
  readonly maxEventBytes: number;
  /** Arrival time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Number of the first line to come, from 1. */
  readonly firstLine: number;
}

/** Thrown for a line that is no event, and caught where it becomes a dead letter. */
class Refusal {
  readonly reason: DeadLetterReason;
  readonly message: string;

  constructor(reason: DeadLetterReason, message: string) {
    this.reason = reason;
    this.message = message;
  }
}

/**
 * The decoder in plain TypeScript, on `JSON.parse`. It defines which columns and which dead letters
 * a stretch of bytes gives.
 */
export class ReferenceDecoder implements Decoder {
  readonly #options: DecoderOptions;
  readonly #builders: Map<string, ColumnBuilder> = new Map();
  /** How many of the builders this batch has used. */
  #fieldCount = 0;
  #line: number;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#line = options.firstLine;
  }

  decode(batch: LineBatch): ColumnBatch {
    const { maxEventBytes, now } = this.#options;
    const lines = new BatchLines(batch, this.#line);
    const arrival = now() * 1000;
    const times: number[] = [];
    const lineOfRow: number[] = [];
    const deadLetters: DeadLetter[] = [];
    for (let index = 0; index < lines.length; index++) {
      try {
        const event = this.#parse(lines, index);
        if (event === undefined) continue; // a blank line
        const time = this.#timeOf(event) ?? arrival;
        this.#addRow(times.length, event, time);
        times.push(time);
        lineOfRow.push(index);
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        deadLetters.push(deadLetter(refusal, lines, { index, maxBytes: maxEventBytes }));
      }
    }
    const firstLine = this.#line;
    this.#line = lines.nextLine;
    return {
      rows: times.length,
      columns: this.#finish(times.length),
      times: Float64Array.from(times),
      deadLetters,
      accepted: times.length + deadLetters.length,
      start: batch.start,
      end: batch.end,
      firstLine,
      nextLine: this.#line,
      isQuiet: batch.isQuiet ?? false,
      line: (row) => lines.describe(lineOfRow[row]!, maxEventBytes),
    };
  }

  /** The event a line holds, or `undefined` for a blank line. */
  #parse(lines: BatchLines, index: number): JsonObject | undefined {
    const { maxEventBytes } = this.#options;
    const text = lines.text(index);
    // A UTF-16 code unit is at most three bytes of UTF-8.
    if (text === undefined || text.length * 3 > maxEventBytes) {
      const length = lines.byteLength(index);
      if (length > maxEventBytes) {
        throw new Refusal(
          "too-long",
          `the line has ${length} bytes, more than maxEventBytes = ${maxEventBytes}`,
        );
      }
    }
    if (text === undefined) throw new Refusal("invalid-utf8", "the line is not valid UTF-8");
    let value: JsonValue;
    try {
      value = JSON.parse(text) as JsonValue;
    } catch {
      if (/^[ \t\r]*$/.test(text)) return undefined;
      // Runtimes word their own errors differently, and dead letters must not depend on that.
      throw new Refusal("malformed-json", "the line is not valid JSON");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const kind = value === null
        ? "null"
        : Array.isArray(value)
        ? "an array"
        : `a ${typeof value}`;
      throw new Refusal("not-an-object", `the line holds ${kind}, not an object`);
    }
    const event = scrutinise(value as JsonObject, text);
    return text.includes("\\u") ? withValidNames(event) as JsonObject : event;
  }

  #timeOf(event: JsonObject): number | undefined {
    const { time } = this.#options;
    if (time === undefined) return undefined;
    const value = Object.hasOwn(event, time.field) ? event[time.field] : undefined;
    if (value === undefined || value === null) {
      throw new Refusal("missing-time", `the time field ${JSON.stringify(time.field)} is absent`);
    }
    const micros = parseEventTime(value, time.unit);
    if (micros === undefined) {
      throw new Refusal(
        "invalid-time",
        `the time field ${JSON.stringify(time.field)} is not a time: ` +
          `${(JSON.stringify(value, bigintText) ?? "").slice(0, 100)}`,
      );
    }
    return micros;
  }

  #addRow(row: number, event: JsonObject, time: number): void {
    this.#refuseFields(event);
    const timeField = this.#options.time?.field;
    for (const name in event) {
      let builder = this.#builders.get(name);
      if (builder === undefined) this.#builders.set(name, builder = new ColumnBuilder());
      if (builder.isEmpty) this.#fieldCount++;
      if (name === timeField) builder.setTimestamp(row, time);
      else builder.set(row, event[name]!);
    }
  }

  #refuseFields(event: JsonObject): void {
    const known = this.#fieldCount;
    // Nearly always there is room for whatever an event may bring.
    if (known < MAX_BATCH_FIELDS / 2) {
      let count = 0;
      for (const _ in event) count++;
      if (known + count <= MAX_BATCH_FIELDS) return;
    }
    const added =
      Object.keys(event).filter((name) => this.#builders.get(name)?.isEmpty ?? true).length;
    if (known + added > MAX_BATCH_FIELDS) {
      throw new Refusal(
        "too-many-fields",
        `the event brings ${added} new fields to a batch that has ${known}; ` +
          `it can hold ${MAX_BATCH_FIELDS}`,
      );
    }
  }

  #finish(rows: number): Map<string, Column> {
    const columns = new Map<string, Column>();
    this.#fieldCount = 0;
    for (const [name, builder] of this.#builders) {
      if (builder.isEmpty) this.#builders.delete(name);
      else columns.set(name, builder.finish(rows));
    }
    return columns;
  }
}

/**
 * Looks closer at events with numbers or nested values: refuses what nests too deep or is out of
 * range, and reads the text again where `JSON.parse` may have blurred a number.
 */
function scrutinise(event: JsonObject, text: string): JsonObject {
  let hasWhole = false;
  const visit = (value: JsonValue, depth: number): void => {
    if (typeof value === "number") {
      if (Number.isInteger(value)) hasWhole = true;
      else if (!Number.isFinite(value)) {
        throw new Refusal("number-out-of-range", "a number is beyond the range of float64");
      }
    } else if (typeof value === "object" && value !== null) {
      if (depth > MAX_DEPTH) throw tooDeep();
      if (Array.isArray(value)) { for (const item of value) visit(item, depth + 1); }
      else for (const name in value) visit((value as JsonObject)[name]!, depth + 1);
    }
  };
  for (const name in event) {
    const value = event[name]!;
    if (typeof value === "number" || typeof value === "object") visit(value, 2);
  }
  return hasWhole && MAY_BLUR.test(text) ? parseExact(text) as JsonObject : event;
}

/**
 * A value whose members' names are valid Unicode, as `\u` may not have made them: lone surrogates
 * become U+FFFD, and of two names that become one the last wins.
 */
function withValidNames(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null || value instanceof JsonFloat) return value;
  if (Array.isArray(value)) return value.map(withValidNames);
  const object = Object.create(null) as Record<string, JsonValue>;
  for (const name in value) {
    object[name.toWellFormed()] = withValidNames((value as JsonObject)[name]!);
  }
  return object;
}

function tooDeep(): Refusal {
  return new Refusal("too-deep", `the event nests deeper than ${MAX_DEPTH} levels`);
}

function deadLetter(
  refusal: Refusal,
  lines: BatchLines,
  { index, maxBytes }: { readonly index: number; readonly maxBytes: number },
): DeadLetter {
  const { reason, message } = refusal;
  return {
    reason,
    message,
    ...lines.describe(index, maxBytes),
    ...(reason === "invalid-utf8" ? { rawBase64: toBase64(lines.bytes(index)) } : {}),
    ...(reason === "too-long" ? { bytes: lines.byteLength(index) } : {}),
  };
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function bigintText(_name: string, value: unknown): unknown {
  return typeof value === "bigint"
    ? String(value)
    : value instanceof JsonFloat
    ? value.value
    : value;
}
