/** The lines of a stretch of the source: what a decoder reads at once. */
export interface LineBatch {
  /**
   * Whole lines; the last lacks its newline at the end of the source. Shorter than `end - start`
   * only where the last line is longer than `maxEventBytes`: then the rest of it is left out.
   */
  readonly bytes: Uint8Array;
  /** Place of the first byte in the source. */
  readonly start: number;
  /** Place after the last byte. */
  readonly end: number;
  /** Whether the source has gone quiet: see {@linkcode ColumnBatch.isQuiet}. */
  readonly isQuiet?: boolean;
}

const NEWLINE = 10;

/**
 * Cuts a stream of bytes into batches of whole lines, at fixed places: a batch holds the lines that
 * begin before the next multiple of `batchBytes`. So the batches are the same however the source
 * was chunked, and memory is bounded by a batch and the longest event.
 */
export class LineBatcher {
  readonly #batchBytes: number;
  readonly #maxEventBytes: number;
  readonly #cutAt: number;
  #buffer: Uint8Array;
  /** How many bytes of the buffer are filled. */
  #filled = 0;
  /** Place in the source of the buffer's first byte, and after the last byte pushed. */
  #start: number;
  #end: number;

  /**
   * `start` is where in the source the first byte pushed stands: the beginning of a line. `cutAt`
   * is one more place to cut at: where an earlier run had read to.
   */
  constructor(
    options: {
      readonly batchBytes: number;
      readonly maxEventBytes: number;
      readonly start?: number;
      readonly cutAt?: number;
    },
  ) {
    this.#cutAt = options.cutAt ?? 0;
    this.#batchBytes = options.batchBytes;
    this.#maxEventBytes = options.maxEventBytes;
    this.#start = this.#end = options.start ?? 0;
    this.#buffer = new Uint8Array(this.#batchBytes);
  }

  /** Takes the next bytes of the source, and gives the batches that they complete. */
  *push(chunk: Uint8Array): Iterable<LineBatch> {
    let rest = chunk;
    while (rest.length > 0) {
      // A newline right before the boundary ends the last line that begins before it.
      const unseen = Math.max(0, this.#boundary - 1 - this.#end);
      const newline = rest.indexOf(NEWLINE, unseen);
      if (newline < 0) {
        this.#append(rest);
        return;
      }
      this.#append(rest.subarray(0, newline + 1));
      rest = rest.subarray(newline + 1);
      yield this.#take(this.#filled);
    }
  }

  /** Cuts early, after the last whole line, which may be none: for a live stream. */
  flush(): LineBatch {
    return this.#take(this.#buffer.subarray(0, this.#filled).lastIndexOf(NEWLINE) + 1);
  }

  /** Whether anything waits to be cut off. */
  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  /** The source has ended: what is left, with or without a last newline. */
  finish(): LineBatch | undefined {
    return this.#filled > 0 ? this.#take(this.#filled) : undefined;
  }

  /** The first multiple of `batchBytes`, or other place to cut at, after the start of the batch. */
  get #boundary(): number {
    const multiple = this.#start - this.#start % this.#batchBytes + this.#batchBytes;
    return this.#cutAt > this.#start ? Math.min(this.#cutAt, multiple) : multiple;
  }

  #append(bytes: Uint8Array): void {
    this.#end += bytes.length;
    // The last line begins before the boundary, so this much shows that it is too long.
    const enough = this.#boundary - this.#start + this.#maxEventBytes;
    const kept = bytes.subarray(0, Math.max(0, enough - this.#filled));
    if (this.#buffer.length < this.#filled + kept.length) {
      const grown = new Uint8Array(
        Math.min(enough, Math.max(this.#filled + kept.length, this.#buffer.length * 2)),
      );
      grown.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = grown;
    }
    this.#buffer.set(kept, this.#filled);
    this.#filled += kept.length;
  }

  #take(length: number): LineBatch {
    // What is dropped belongs to the last line, which is taken whole or not at all.
    const dropped = length < this.#filled ? 0 : this.#end - this.#start - this.#filled;
    const tail = this.#buffer.subarray(length, this.#filled);
    const batch = {
      bytes: this.#buffer.subarray(0, length),
      start: this.#start,
      end: this.#start + length + dropped,
    };
    this.#buffer = new Uint8Array(Math.max(this.#batchBytes, tail.length));
    this.#buffer.set(tail);
    this.#filled = tail.length;
    this.#start = batch.end;
    return batch;
  }
}
