import type { SourceLine } from "../columns/column_batch.ts";
import type { LineBatch } from "./line_batcher.ts";

const NEWLINE = 10;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The lines of a batch as text, and where in the source each one stands. */
export class BatchLines {
  #length: number | undefined;
  readonly #bytes: Uint8Array;
  /** Place in the source of the first of `#bytes`, and after the last line. */
  readonly #start: number;
  readonly #end: number;
  readonly #firstLine: number;
  /** Where the line last asked for begins: they are asked for in order, nearly always. */
  #cursor = { index: 0, at: 0 };

  constructor(lines: LineBatch, firstLine: number) {
    const hasMark = lines.start === 0 &&
      BYTE_ORDER_MARK.every((byte, i) => lines.bytes[i] === byte);
    const skipped = hasMark ? BYTE_ORDER_MARK.length : 0;
    this.#bytes = lines.bytes.subarray(skipped);
    this.#start = lines.start + skipped;
    this.#end = lines.end;
    this.#firstLine = firstLine;
  }

  /** How many lines there are. */
  get length(): number {
    this.#length ??= countLines(this.#bytes);
    return this.#length;
  }

  /** What there is of them, without a byte order mark. */
  get all(): Uint8Array {
    return this.#bytes;
  }

  /** Whether the end of the last line was left out, because the line is too long. */
  get isCut(): boolean {
    return this.#bytes.length < this.#end - this.#start;
  }

  /** Number of the line that the source goes on with. */
  get nextLine(): number {
    const isOpen = this.length > 0 && !this.#endsInNewline;
    return this.#firstLine + this.length - (isOpen ? 1 : 0);
  }

  /** Says how many lines there are, where that is known already. */
  setLength(length: number): void {
    this.#length = length;
  }

  /** The text of a line without its newline, or `undefined` when it is no UTF-8. */
  text(index: number): string | undefined {
    // One line that has characters beyond Latin-1 makes a string of two bytes a character, which is
    // slow to parse; line by line it is only that one.
    try {
      return strictUtf8.decode(this.bytes(index));
    } catch {
      return undefined;
    }
  }

  /** What is there of the line's bytes. */
  bytes(index: number): Uint8Array {
    const at = this.#offset(index);
    const newline = this.#bytes.indexOf(NEWLINE, at);
    return this.#bytes.subarray(at, newline < 0 ? undefined : newline);
  }

  /** Length of the line in the source, in bytes, without its newline. */
  byteLength(index: number): number {
    const { length } = this.bytes(index);
    if (index < this.length - 1 || !this.isCut) return length;
    return this.#end - this.#start - this.#offset(index) - (this.#endsInNewline ? 1 : 0);
  }

  /** The line as a dead letter shows it: at most `maxBytes` of its bytes. */
  describe(index: number, maxBytes: number): SourceLine {
    const shown = this.bytes(index).subarray(0, maxBytes);
    return {
      line: this.#firstLine + index,
      offset: this.#start + this.#offset(index),
      raw: lenientUtf8.decode(shown).replace(/\r$/, ""),
    };
  }

  get #endsInNewline(): boolean {
    return this.#bytes.at(-1) === NEWLINE;
  }

  #offset(index: number): number {
    if (index < this.#cursor.index) this.#cursor = { index: 0, at: 0 };
    while (this.#cursor.index < index) {
      this.#cursor.at = this.#bytes.indexOf(NEWLINE, this.#cursor.at) + 1;
      this.#cursor.index++;
    }
    return this.#cursor.at;
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const newline = bytes.indexOf(NEWLINE, at);
    at = newline < 0 ? bytes.length : newline + 1;
  }
  return count;
}
