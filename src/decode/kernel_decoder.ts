import type { ColumnBatch } from "../columns/column_batch.ts";
import { BatchLines } from "./batch_lines.ts";
import type { DeadLetter } from "./dead_letter.ts";
import type { Decoder } from "./decoder.ts";
import { deadLetterOf, readEvent, Refusal } from "./event_reader.ts";
import { KernelColumns } from "./kernel_columns.ts";
import { configure, DONE, FLOODED, type Kernel, newJsonKernel } from "./kernel_module.ts";
import type { LineBatch } from "./line_batcher.ts";
import { type DecoderOptions, ReferenceDecoder } from "./reference_decoder.ts";

/** A kernel that holds more than this is left for a new one, whose dictionaries are empty. */
const MAX_KERNEL_BYTES = 256 << 20;
const MAX_KERNEL_COLUMNS = 20_000;

/**
 * The decoder on the JSON kernel, which reads bytes into columns without making strings or objects
 * of them.
 *
 * The kernel takes only what is plain. A line that is odd is read again by the reference, which says
 * what is wrong with it; where nothing is (a name that comes twice, say), the whole batch is left to
 * the reference decoder. So one place defines what is an event.
 */
export class KernelDecoder implements Decoder {
  readonly #options: DecoderOptions;
  readonly #reference: ReferenceDecoder;
  #kernel!: Kernel;
  #columns!: KernelColumns;
  #line: number;
  #isShared: boolean;

  /** @param kernel An instance that others use too: then it is not for this to say when it is full. */
  constructor(options: DecoderOptions, kernel?: Kernel) {
    this.#options = options;
    this.#reference = new ReferenceDecoder(options);
    this.#line = options.firstLine;
    this.#isShared = kernel !== undefined;
    this.#begin(kernel ?? newJsonKernel());
  }

  decode(batch: LineBatch): ColumnBatch {
    const lines = new BatchLines(batch, this.#line);
    const decoded = this.#decode(batch, lines) ?? this.#decodeByReference(batch);
    this.#line = decoded.nextLine;
    return decoded;
  }

  goTo(line: number): void {
    this.#line = line;
  }

  #begin(kernel: Kernel): void {
    this.#kernel = configure(kernel, this.#options);
    this.#columns = new KernelColumns(this.#kernel, this.#options.isLent ?? false);
  }

  /** `undefined` if the batch is not for the kernel. */
  #decode(batch: LineBatch, lines: BatchLines): ColumnBatch | undefined {
    const { maxEventBytes, now, time } = this.#options;
    const kernel = this.#kernel;
    const deadLetters = this.#read(lines);
    const { columns, times, lineIndices } = this.#columns.take();
    if (time === undefined) times.fill(now() * 1000);
    const rows = lineIndices.length;
    const { byteLength } = kernel.memory.buffer;
    const isFull = (byteLength > MAX_KERNEL_BYTES && !this.#isShared) ||
      kernel.columns() > MAX_KERNEL_COLUMNS;
    if (isFull || kernel.isFlooded() !== 0) {
      this.#isShared = false;
      this.#begin(newJsonKernel());
    }
    if (deadLetters === undefined) return undefined;
    return {
      rows,
      columns,
      times,
      lineIndices,
      deadLetters,
      accepted: rows + deadLetters.length,
      start: batch.start,
      end: batch.end,
      firstLine: this.#line,
      nextLine: lines.nextLine,
      isQuiet: batch.isQuiet ?? false,
      line: (row) => lines.describe(lineIndices[row]!, maxEventBytes),
    };
  }

  /** Has the kernel read all lines; gives the dead letters, or `undefined` to stop. */
  #read(lines: BatchLines): DeadLetter[] | undefined {
    const kernel = this.#kernel;
    // Of a line whose end is left out, the rest could look like an event.
    const bytes = lines.isCut ? withoutLastLine(lines.all) : lines.all;
    const input = kernel.begin(bytes.length);
    new Uint8Array(kernel.memory.buffer).set(bytes, input);
    const wholeLines = kernel.countLines();
    lines.setLength(lines.isCut ? wholeLines + 1 : wholeLines);
    const deadLetters: DeadLetter[] = [];
    while (true) {
      const status = kernel.read();
      if (status === FLOODED) return undefined;
      const isDone = status === DONE;
      if (isDone && !lines.isCut) return deadLetters;
      const index = isDone ? wholeLines : kernel.currentLine() - 1;
      const deadLetter = this.#refusalOf(lines, index);
      if (deadLetter === undefined) return undefined;
      deadLetters.push(deadLetter);
      if (isDone) return deadLetters;
    }
  }

  #refusalOf(lines: BatchLines, index: number): DeadLetter | undefined {
    try {
      readEvent(lines, index, this.#options);
      return undefined;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      return deadLetterOf(refusal, lines, { index, maxBytes: this.#options.maxEventBytes });
    }
  }

  #decodeByReference(batch: LineBatch): ColumnBatch {
    this.#reference.goTo(this.#line);
    return this.#reference.decode(batch);
  }
}

function withoutLastLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.at(-1) === 10 ? bytes.length - 1 : bytes.length;
  return bytes.subarray(0, bytes.subarray(0, end).lastIndexOf(10) + 1);
}
