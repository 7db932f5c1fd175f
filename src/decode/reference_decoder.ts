import { ColumnBuilder } from "../columns/column_builder.ts";
import type { Column } from "../columns/column.ts";
import type { ColumnBatch } from "../columns/column_batch.ts";
import type { JsonObject } from "../columns/json_value.ts";
import { BatchLines } from "./batch_lines.ts";
import type { DeadLetter } from "./dead_letter.ts";
import type { Decoder } from "./decoder.ts";
import { deadLetterOf, type EventOptions, readEvent, Refusal } from "./event_reader.ts";
import type { LineBatch } from "./line_batcher.ts";

/** How many distinct fields the events of one batch may have. */
export const MAX_BATCH_FIELDS = 2000;

/** What a decoder is told of the source. */
export interface DecoderOptions extends EventOptions {
  /** Arrival time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Number of the first line to come, from 1. */
  readonly firstLine: number;
  /** Whether a batch is done with before the next one is asked for, so that memory may be lent. */
  readonly isLent?: boolean;
}

/**
 * The decoder in plain TypeScript, on `JSON.parse`. It defines which columns and which dead letters
 * a stretch of bytes gives.
 */
export class ReferenceDecoder implements Decoder {
  readonly #options: DecoderOptions;
  /** Builders of this batch, in order of first appearance, and those of the one before. */
  #builders: Map<string, ColumnBuilder> = new Map();
  #lastBuilders: Map<string, ColumnBuilder> = new Map();
  #line: number;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#line = options.firstLine;
  }

  goTo(line: number): void {
    this.#line = line;
  }

  decode(batch: LineBatch): ColumnBatch {
    const { maxEventBytes, now } = this.#options;
    const lines = new BatchLines(batch, this.#line);
    const arrival = now() * 1000;
    const times: number[] = [];
    const lineIndices: number[] = [];
    const deadLetters: DeadLetter[] = [];
    for (let index = 0; index < lines.length; index++) {
      try {
        const read = readEvent(lines, index, this.#options);
        if (read === undefined) continue; // a blank line
        const { event, time = arrival } = read;
        this.#addRow(times.length, event, time);
        times.push(time);
        lineIndices.push(index);
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        deadLetters.push(deadLetterOf(refusal, lines, { index, maxBytes: maxEventBytes }));
      }
    }
    const firstLine = this.#line;
    this.#line = lines.nextLine;
    return {
      rows: times.length,
      columns: this.#finish(times.length),
      times: Float64Array.from(times),
      lineIndices: Uint32Array.from(lineIndices),
      deadLetters,
      accepted: times.length + deadLetters.length,
      start: batch.start,
      end: batch.end,
      firstLine,
      nextLine: this.#line,
      isQuiet: batch.isQuiet ?? false,
      line: (row) => lines.describe(lineIndices[row]!, maxEventBytes),
    };
  }

  #addRow(row: number, event: JsonObject, time: number): void {
    this.#refuseFields(event);
    const timeField = this.#options.time?.field;
    for (const name in event) {
      let builder = this.#builders.get(name);
      if (builder === undefined) {
        builder = this.#lastBuilders.get(name) ?? new ColumnBuilder();
        this.#builders.set(name, builder);
      }
      if (name === timeField) builder.setTimestamp(row, time);
      else builder.set(row, event[name]!);
    }
  }

  #refuseFields(event: JsonObject): void {
    const known = this.#builders.size;
    // Nearly always there is room for whatever an event may bring.
    if (known < MAX_BATCH_FIELDS / 2) {
      let count = 0;
      for (const _ in event) count++;
      if (known + count <= MAX_BATCH_FIELDS) return;
    }
    const added = Object.keys(event).filter((name) => !this.#builders.has(name)).length;
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
    for (const [name, builder] of this.#builders) columns.set(name, builder.finish(rows));
    this.#lastBuilders = this.#builders;
    this.#builders = new Map();
    return columns;
  }
}
