import { HttpError } from "./http_error.ts";

export const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const BACKSLASH = 92;

/** One event of a body. */
export interface BodyLine {
  /** Its JSON, without a newline. */
  readonly bytes: Uint8Array;
  /** Number of the line or of the element of the array, from 1. */
  readonly line: number;
}

/** The lines of a body of JSON lines, but for blank ones. */
export function splitLines(body: Uint8Array, maxEvents: number): BodyLine[] {
  const lines: BodyLine[] = [];
  let line = 0;
  for (let start = 0; start < body.length;) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline === -1 ? body.length : newline;
    const bytes = body.subarray(start, end);
    line++;
    start = end + 1;
    if (bytes.every(isBlank)) continue;
    if (lines.length === maxEvents) throw tooMany(maxEvents);
    lines.push({ bytes, line });
  }
  return lines;
}

/**
 * The elements of a body that is one array, or the one object that it is, cut out as they are.
 * Whether they are valid is seen when they are decoded.
 *
 * @throws {HttpError} 400, if the body is neither.
 */
export function splitArray(body: Uint8Array, maxEvents: number): BodyLine[] {
  const open = skipBlanks(body, 0);
  if (body[open] === 0x7b) return [{ bytes: onOneLine(body.subarray(open)), line: 1 }];
  if (body[open] !== 0x5b) throw notAnArray("it begins with neither [ nor {");
  const elements: BodyLine[] = [];
  let depth = 0;
  let start = open + 1;
  const take = (end: number): void => {
    const bytes = onOneLine(body.subarray(start, end));
    if (bytes.every(isBlank)) {
      throw notAnArray(`element ${elements.length + 1} is empty`);
    }
    if (elements.length === maxEvents) throw tooMany(maxEvents);
    elements.push({ bytes, line: elements.length + 1 });
    start = end + 1;
  };
  for (let at = open + 1; at < body.length; at++) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        break;
      case 0x2c: // ,
        if (depth === 0) take(at);
        break;
      case 0x7d: // }
        depth--;
        break;
      case 0x5d: // ]
        if (depth > 0) {
          depth--;
          break;
        }
        if (elements.length > 0 || skipBlanks(body, start) < at) take(at);
        if (skipBlanks(body, at + 1) < body.length) throw notAnArray("more follows after it");
        return elements;
    }
    if (depth < 0) throw notAnArray("a } has no {");
  }
  throw notAnArray("it does not end");
}

/** The place of the quote that ends a string, or the end of the body. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}

function skipBlanks(body: Uint8Array, start: number): number {
  let at = start;
  while (at < body.length && (isBlank(body[at]!) || body[at] === NEWLINE)) at++;
  return at;
}

/** What a decoder passes over: space, tab and carriage return. */
function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 9 || byte === 13;
}

/** A newline in JSON can only be between tokens. */
function onOneLine(bytes: Uint8Array): Uint8Array {
  return bytes.includes(NEWLINE) ? bytes.map((byte) => byte === NEWLINE ? SPACE : byte) : bytes;
}

function notAnArray(why: string): HttpError {
  return new HttpError(
    400,
    `The body is not a JSON array of events: ${why}. Send an array, or JSON lines as ` +
      `application/x-ndjson. Nothing was taken.`,
  );
}

function tooMany(maxEvents: number): HttpError {
  return new HttpError(
    413,
    `The body has more than ${maxEvents} events. Send them in several requests. Nothing was taken.`,
  );
}
