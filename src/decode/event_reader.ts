import { JsonFloat, type JsonObject, type JsonValue } from "../columns/json_value.ts";
import type { BatchLines } from "./batch_lines.ts";
import type { DeadLetter, DeadLetterReason } from "./dead_letter.ts";
import { parseEventTime, type TimeUnit } from "./event_time.ts";
import { MAX_DEPTH, MAY_BLUR, parseExact } from "./exact_json.ts";

/** What a decoder is told of the events. */
export interface EventOptions {
  /** The field that holds the event time; without it events have the time they were decoded at. */
  readonly time: { readonly field: string; readonly unit: TimeUnit } | undefined;
  /** Longest line, in bytes. */
  readonly maxEventBytes: number;
}

/** Thrown for a line that is no event, and caught where it becomes a dead letter. */
export class Refusal {
  readonly reason: DeadLetterReason;
  readonly message: string;

  constructor(reason: DeadLetterReason, message: string) {
    this.reason = reason;
    this.message = message;
  }
}

/** An event, and its time in microseconds since the epoch if it is to have one of its own. */
export interface TimedEvent {
  readonly event: JsonObject;
  readonly time: number | undefined;
}

/**
 * The event that a line holds, or `undefined` for a blank line.
 *
 * @throws {Refusal} If it holds none.
 */
export function readEvent(
  lines: BatchLines,
  index: number,
  options: EventOptions,
): TimedEvent | undefined {
  const event = parse(lines, index, options.maxEventBytes);
  return event && { event, time: timeOf(event, options.time) };
}

function parse(
  lines: BatchLines,
  index: number,
  maxEventBytes: number,
): JsonObject | undefined {
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
    const kind = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
    throw new Refusal("not-an-object", `the line holds ${kind}, not an object`);
  }
  const event = scrutinise(value as JsonObject, text);
  return text.includes("\\u") ? withValidNames(event) as JsonObject : event;
}

function timeOf(event: JsonObject, time: EventOptions["time"]): number | undefined {
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

/** The record of a line that was refused. */
export function deadLetterOf(
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
