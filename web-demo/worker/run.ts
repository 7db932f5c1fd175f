import {
  day,
  hour,
  month,
  type PartitionColumn,
  streamToParquet,
  TableWriter,
  tumbling,
  year,
} from "sluice";
import type { Source, TableSettings } from "../protocol.ts";
import { fileSource, type ReadCount, urlStream } from "./byte_sources.ts";
import { linePieces } from "./line_pieces.ts";
import type { Place } from "./place.ts";
import { SimulatedSource } from "./simulated_source.ts";
import { TalliedJournal } from "./tallied_journal.ts";
import { lengthOf, type Tally } from "./tally.ts";
import { SIMULATED_SCHEMA } from "./trouble.ts";

const TIME_PARTS = { year, month, day, hour } as const;

/** What a run is made of. */
export interface RunOptions {
  readonly place: Place;
  readonly settings: TableSettings;
  readonly tally: Tally;
  /** Missing to write only what is in the journal. */
  readonly source: Source | undefined;
  readonly simulation: {
    readonly seed: number;
    readonly startMs: number;
    readonly eventsPerSecond: number;
  };
}

/** Events on their way into the table. */
export class Run {
  readonly #options: RunOptions;
  readonly #stop = new AbortController();
  #simulated: SimulatedSource | undefined;
  #count: ReadCount | undefined;
  /** Events that are safe from a crash: in the journal, or of a file that can be read again. */
  accepted = 0;
  /** Bytes of events. */
  bytes = 0;
  /** Milliseconds since the epoch. */
  watermark: number | undefined;
  /** Whether the source has ended, and the last windows are being written. */
  isFinishing = false;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Resolves when all is committed, with what there is to say of it. */
  async start(): Promise<string | undefined> {
    const { source } = this.#options;
    if (source?.kind === "file") return await this.#readFile(source.file);
    await this.#append(source);
    return undefined;
  }

  /** Takes no more events, and writes those that came. */
  stop(): void {
    this.#simulated?.stop();
    this.#stop.abort();
    this.isFinishing = true;
  }

  set eventsPerSecond(value: number) {
    if (this.#simulated !== undefined) this.#simulated.eventsPerSecond = value;
  }

  /** How much of the source was read; `undefined` for one without an end. */
  get readCount(): ReadCount | undefined {
    return this.#count;
  }

  /** A file can be read again, so it needs no journal. */
  async #readFile(file: File): Promise<string | undefined> {
    const { tally } = this.#options;
    this.#count = { bytesRead: 0, bytesTotal: file.size };
    const source = fileSource(file, {
      count: this.#count,
      onBytes: (bytes) => {
        this.bytes += bytes.length;
        tally.addBytes(bytes);
      },
    });
    try {
      const { source: status } = await streamToParquet(source, {
        ...this.#tableOptions(),
        signal: this.#stop.signal,
        onProgress: ({ accepted, watermark }) => {
          this.accepted = accepted;
          this.#moveWatermark(watermark);
        },
      });
      return status === "unchanged"
        ? `The table has all of ${file.name} already.`
        : status === "resumed"
        ? `Went on with ${file.name} where the table ended.`
        : undefined;
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
      return `Stopped in the middle of ${file.name}. Choose it again to go on from there.`;
    }
  }

  /** What comes once goes into the journal first. */
  async #append(source: Source | undefined): Promise<void> {
    const { place, tally } = this.#options;
    const journal = new TalliedJournal(place.journal, tally);
    const writer = await TableWriter.open({ ...this.#tableOptions(), journal });
    await using _ = writer; // after a failure, what is not committed stays in the journal
    this.#moveWatermark(writer.counts.watermark);
    try {
      for await (const piece of await this.#piecesOf(source)) {
        if (piece.length > 0) {
          const { accepted } = await writer.append(piece);
          this.accepted += accepted;
          this.bytes += piece.length;
          this.#moveWatermark(writer.counts.watermark);
        }
        if (this.#stop.signal.aborted) break;
      }
    } catch (error) {
      if (error !== this.#stop.signal.reason) throw error;
    }
    this.isFinishing = true;
    await writer.close();
  }

  async #piecesOf(source: Source | undefined): Promise<AsyncIterable<Uint8Array>> {
    switch (source?.kind) {
      case "simulated": {
        const { simulation } = this.#options;
        this.#simulated = new SimulatedSource({ ...simulation, hasTrouble: source.hasTrouble });
        return this.#simulated.pieces();
      }
      case "text": {
        const blob = new Blob([source.text]);
        this.#count = { bytesRead: 0, bytesTotal: blob.size };
        return counted(linePieces(blob.stream()), this.#count);
      }
      case "url": {
        const { bytes, count } = await urlStream(source.url, this.#stop.signal);
        this.#count = count;
        return linePieces(bytes);
      }
      default:
        return (async function* () {})();
    }
  }

  #tableOptions() {
    const { place: { store }, settings, source } = this.#options;
    const { windowLength, timeField, timeParts, fields, lateness, compression } = settings;
    const partitionBy: PartitionColumn[] = [
      ...timeParts.map((part) => TIME_PARTS[part]()),
      ...fields,
    ];
    const isSimulated = source?.kind === "simulated";
    return {
      store,
      window: tumbling(windowLength),
      ...(timeField !== "" && { time: timeField }),
      partitionBy,
      lateness,
      compression,
      ...(isSimulated && { schema: withoutFields(SIMULATED_SCHEMA, fields) }),
    };
  }

  #moveWatermark(watermark: number | undefined): void {
    if (watermark === undefined || watermark === -Infinity) return;
    this.watermark = watermark;
    const lengthMs = lengthOf(this.#options.settings.windowLength);
    this.#options.tally.closeThrough(Math.floor(watermark / lengthMs) * lengthMs);
  }
}

/** Fields that the table is partitioned by are text in the path, whatever their type. */
function withoutFields<T>(schema: Readonly<Record<string, T>>, fields: readonly string[]) {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !fields.includes(name)));
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  count: ReadCount,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) {
    count.bytesRead += piece.length;
    yield piece;
  }
}
