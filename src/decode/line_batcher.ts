/** The lines of a stretch of the source: what a decoder reads at once. */
export interface LineBatch {
  /**
   * Whole lines; the last lacks its newline at the end of the source. Shorter than `end - start`
   * only where the last line is longer than `maxEventBytes`: then the rest of it is left out, but
   * not its newline.
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
/** What the last line may have behind the boundary before the whole buffer has to be copied. */
const OVERHANG_BYTES = 16_384;
/** So many buffers that are free are kept. */
const MAX_SPARE_BUFFERS = 8;

/**
 * Cuts a stream of bytes into batches of whole lines, at fixed places: a batch holds the lines that
 * begin before the next multiple of `batchBytes`. So the batches are the same however the source
 * was chunked, and memory is bounded by a batch and the longest event.
 */
export class LineBatcher {
  readonly #batchBytes: number;
  readonly #maxEventBytes: number;
  readonly #cuts: readonly number[];
  readonly #spare: ArrayBufferLike[] = [];
  #buffer: Uint8Array;
  /** How many bytes of the buffer are filled. */
  #filled = 0;
  /** Place in the source of the buffer's first byte, and after the last byte pushed. */
  #start: number;
  #end: number;

  /**
   * `start` is where in the source the first byte pushed stands: the beginning of a line. `cutAt`
   * are more places to cut at: where earlier runs had read to. Such a run took a line to end there,
   * so it does, even if the source went on in the middle of it.
   */
  constructor(
    options: {
      readonly batchBytes: number;
      readonly maxEventBytes: number;
      readonly start?: number;
      readonly cutAt?: readonly number[];
    },
  ) {
    this.#cuts = (options.cutAt ?? []).toSorted((a, b) => a - b);
    this.#batchBytes = options.batchBytes;
    this.#maxEventBytes = options.maxEventBytes;
    this.#start = this.#end = options.start ?? 0;
    this.#buffer = this.#newBuffer(0);
  }

  /** Takes the next bytes of the source, and gives the batches that they complete. */
  *push(chunk: Uint8Array): Iterable<LineBatch> {
    let rest = chunk;
    while (rest.length > 0) {
      const length = this.#completing(rest);
      this.#append(rest.subarray(0, length));
      if (length === undefined) return;
      rest = rest.subarray(length);
      yield this.#take(this.#filled);
    }
  }

  /** Cuts early, after the last whole line, which may be none: for a live stream. */
  flush(): LineBatch {
    return this.#take(this.#buffer.subarray(0, this.#filled).lastIndexOf(NEWLINE) + 1);
  }

  /** Takes back the bytes of a batch: what comes may be written over them. */
  reuse({ buffer }: Uint8Array): void {
    const isUsual = buffer.byteLength === this.#bufferBytes;
    if (isUsual && this.#spare.length < MAX_SPARE_BUFFERS) this.#spare.push(buffer);
  }

  /** Whether anything waits to be cut off. */
  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  /** The source has ended: what is left, with or without a last newline. */
  finish(): LineBatch | undefined {
    return this.#filled > 0 ? this.#take(this.#filled) : undefined;
  }

  /** The first of those places that the batch could reach over; 0 where there is none. */
  get #cutAt(): number {
    return this.#cuts.find((cut) => cut > this.#start) ?? 0;
  }

  /** The first multiple of `batchBytes`, or other place to cut at, after the start of the batch. */
  get #boundary(): number {
    const multiple = this.#start - this.#start % this.#batchBytes + this.#batchBytes;
    return this.#cutAt > this.#start ? Math.min(this.#cutAt, multiple) : multiple;
  }

  /** How many of the next bytes complete the batch; `undefined` when all of them do not. */
  #completing(bytes: Uint8Array): number | undefined {
    // A newline right before the boundary ends the last line that begins before it.
    const unseen = Math.max(0, this.#boundary - 1 - this.#end);
    const newline = bytes.indexOf(NEWLINE, unseen);
    const toCut = this.#cutAt - this.#end;
    if (toCut > 0 && toCut <= (newline < 0 ? bytes.length : newline)) return toCut;
    return newline < 0 ? undefined : newline + 1;
  }

  #append(bytes: Uint8Array): void {
    this.#end += bytes.length;
    // The last line begins before the boundary, so this much shows that it is too long.
    const room = this.#boundary - this.#start + this.#maxEventBytes - this.#filled;
    if (bytes.length <= room) return this.#fill(bytes);
    this.#fill(bytes.subarray(0, Math.max(0, room)));
    if (bytes.at(-1) === NEWLINE) this.#fill(Uint8Array.of(NEWLINE));
  }

  #fill(bytes: Uint8Array): void {
    const filled = this.#filled + bytes.length;
    if (this.#buffer.length < filled) {
      const most = this.#boundary - this.#start + this.#maxEventBytes + 1;
      const grown = new Uint8Array(Math.min(most, Math.max(filled, this.#buffer.length * 2)));
      grown.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled = filled;
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
    this.#buffer = this.#newBuffer(tail.length);
    this.#buffer.set(tail);
    this.#filled = tail.length;
    this.#start = batch.end;
    return batch;
  }

  #newBuffer(filled: number): Uint8Array {
    if (filled > this.#bufferBytes) return new Uint8Array(filled);
    return new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(this.#bufferBytes));
  }

  get #bufferBytes(): number {
    return this.#batchBytes + Math.min(OVERHANG_BYTES, this.#maxEventBytes + 1);
  }
}
