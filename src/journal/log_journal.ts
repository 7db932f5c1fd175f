import { messageOf } from "../errors.ts";
import { type Change, decodeChanges, encodeChange } from "./change.ts";
import { JournalError, JournalFencedError, type JournalOperation } from "./errors.ts";
import {
  encodeFileHeader,
  encodeFrame,
  FILE_HEADER_BYTES,
  type FileHeader,
  frameBytes,
  newMarker,
} from "./frame.ts";
import type { Journal, JournalContents, JournalOpenOptions, JournalRecord } from "./journal.ts";
import type { LogAppender, LogDirectory } from "./log_directory.ts";
import { countAppend, type LogFile, logFileName, readBodies } from "./log_file.ts";
import { reclaim } from "./reclaim.ts";
import { recover } from "./recover.ts";
import { SegmentTable } from "./segment_table.ts";

const DEFAULT_MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Calls that wait together are written together up to here, and beyond it one at a time. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;

/** What a {@linkcode LogJournal} takes. */
export interface LogJournalOptions {
  /**
   * Length at which a new file is begun, in bytes; at most 1 GiB. Default 32 MiB. The journal takes
   * up to four times what its segments hold, and three or four such files.
   */
  readonly maxFileBytes?: number | undefined;
}

/** A call that waits for its changes to be durable. */
interface Waiting {
  readonly operation: JournalOperation;
  readonly changes: readonly Change[];
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  resolve(): void;
  reject(reason: JournalError): void;
}

/**
 * A {@linkcode Journal} in files of a {@linkcode LogDirectory}.
 *
 * All segments share one log, a row of files that only ever grows at its end, with every change to
 * any segment a frame in it (`frame.ts`). A file for each segment would be simpler to delete, but a
 * batch of events that touches several windows would need a sync for each, and could be cut in two
 * by a crash; so it is one frame and one sync. Whatever is called while a sync is under way goes
 * into the next frame together.
 *
 * Space comes back by whole files (`reclaim.ts`): mostly the oldest, and where a segment that stays
 * open would keep all that came with it, files are merged.
 *
 * After an `open`, the first change begins a new file, which says how much of the one before
 * counts. So a writer that does not know yet that it was replaced can do no harm: what it still
 * adds to its file does not count, and it is not acknowledged.
 */
export class LogJournal implements Journal {
  readonly #directory: LogDirectory;
  readonly #maxFileBytes: number;
  #phase: "closed" | "opening" | "open" | "closing" = "closed";
  /** The segments as they are once all calls so far are done … */
  #table = new SegmentTable();
  /** … and as they are on the medium. */
  #synced = new SegmentTable();
  /** In order; the last is the one that `#appender` writes to, if that is there. */
  #files: LogFile[] = [];
  #appender: LogAppender | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #reclaiming: Promise<void> | undefined;
  #readers = 0;
  #mayReclaim = false;

  /** @throws {RangeError} If `maxFileBytes` is not an integer from 1 to 2^30. */
  constructor(directory: LogDirectory, options: LogJournalOptions = {}) {
    const { maxFileBytes = DEFAULT_MAX_FILE_BYTES } = options;
    if (!Number.isSafeInteger(maxFileBytes) || maxFileBytes < 1 || maxFileBytes > 2 ** 30) {
      throw new RangeError(
        `Cannot use a maxFileBytes that is not an integer from 1 to 2^30: ` +
          `current value is ${maxFileBytes}`,
      );
    }
    this.#directory = directory;
    this.#maxFileBytes = maxFileBytes;
  }

  async open(options: JournalOpenOptions = {}): Promise<JournalContents> {
    const { signal } = options;
    if (this.#phase !== "closed") {
      throw new TypeError(`Cannot open a journal that is not closed: it is ${this.#phase}`);
    }
    signal?.throwIfAborted();
    this.#phase = "opening";
    try {
      await this.#directory.claim();
      const { files, table, warnings } = await recover(this.#directory, signal);
      this.#files = files;
      this.#synced = table;
      this.#table = new SegmentTable(table);
      this.#failure = undefined;
      this.#mayReclaim = true;
      this.#phase = "open";
      return { segments: table.segments, warnings };
    } catch (error) {
      await this.#directory.release().catch(() => {});
      this.#phase = "closed";
      if (signal?.aborted) throw signal.reason;
      if (error instanceof JournalError) throw error;
      throw new JournalError("open", this.#directory.path, { cause: error });
    }
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#assertWritable("append");
    await this.#change("append", this.#table.append(records));
  }

  async seal(segments: readonly string[], number: number): Promise<void> {
    this.#assertWritable("seal");
    await this.#change("seal", this.#table.seal(segments, number));
  }

  async delete(segments: readonly string[]): Promise<void> {
    this.#assertWritable("delete");
    await this.#change("delete", this.#table.delete(segments));
  }

  async *read(segment: string): AsyncGenerator<Uint8Array, void, void> {
    this.#assertOpen("read");
    const id = this.#table.idOf(segment, "read");
    // While someone reads, no file is removed.
    this.#readers++;
    try {
      await this.#reclaiming;
      const files = this.#files.filter(({ appendedBytes }) => appendedBytes.has(id));
      for (const file of files.map((file) => ({ ...file }))) {
        for (const body of await readBodies(this.#directory, file, "read")) {
          for (const change of decodeChanges(body)) {
            // A copy, as a view would keep the whole file in memory.
            if (change.kind === "append" && change.id === id) yield new Uint8Array(change.payload);
          }
        }
      }
    } catch (error) {
      if (error instanceof JournalError) throw error;
      throw new JournalError("read", this.#directory.path, { cause: error });
    } finally {
      this.#readers--;
    }
  }

  async close(): Promise<void> {
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    await this.#writing;
    // If this fails, nothing is lost: what was acknowledged is synced.
    await this.#appender?.close().catch(() => {});
    this.#appender = undefined;
    try {
      await this.#directory.release();
    } catch (error) {
      throw new JournalError("close", this.#directory.path, { cause: error });
    } finally {
      this.#phase = "closed";
    }
  }

  #assertOpen(operation: JournalOperation): void {
    if (this.#phase !== "open") {
      throw new TypeError(`Cannot ${operation} while a journal is not open: it is ${this.#phase}`);
    }
  }

  #assertWritable(operation: JournalOperation): void {
    this.#assertOpen(operation);
    if (this.#failure === undefined) return;
    throw this.#refusal(operation, {
      cause: new Error(`an earlier write failed: ${messageOf(this.#failure.cause)}`, this.#failure),
    });
  }

  #refusal(operation: JournalOperation, failure: { cause: unknown }): JournalError {
    const { path } = this.#directory;
    return this.#failure?.cause instanceof JournalFencedError
      ? new JournalFencedError(operation, path)
      : new JournalError(operation, path, failure);
  }

  async #change(operation: JournalOperation, changes: readonly Change[]): Promise<void> {
    const pieces = changes.map(encodeChange);
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ operation, changes, pieces, bytes, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    // Calls of the same turn share a frame.
    await undefined;
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#write(group);
        for (const { resolve } of group) resolve();
        if (this.#mayReclaim && this.#readers === 0) {
          this.#mayReclaim = false;
          this.#reclaiming = reclaim(this.#directory, {
            files: this.#files,
            table: this.#synced,
            maxFileBytes: this.#maxFileBytes,
          });
          await this.#reclaiming;
        }
      } catch (cause) {
        this.#failure = { cause };
        for (const { operation, reject } of [...group, ...this.#waiting.splice(0)]) {
          reject(this.#refusal(operation, this.#failure));
        }
      }
    }
    this.#writing = undefined;
  }

  #nextGroup(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((call) => (bytes += call.bytes) > MAX_GROUP_BYTES);
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(end, 1));
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const pieces = group.flatMap((call) => call.pieces);
    // Calls that change nothing have only waited for those before them.
    if (pieces.length === 0) return;
    const { file, appender } = await this.#fileFor(
      group.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    const frame = encodeFrame(file.header.marker, pieces);
    await appender.append(frame);
    file.bytes += frame.length;
    for (const change of group.flatMap((call) => call.changes)) {
      this.#synced.apply(change);
      if (change.kind === "append") countAppend(file.appendedBytes, change);
      if (change.kind === "delete") this.#mayReclaim = true;
    }
  }

  /** The file for the next frame: the last one, or a new one after it. */
  async #fileFor(bodyBytes: number): Promise<{ file: LogFile; appender: LogAppender }> {
    const last = this.#files.at(-1);
    if (last !== undefined && this.#appender !== undefined) {
      if (last.bytes + frameBytes(bodyBytes) <= this.#maxFileBytes) {
        return { file: last, appender: this.#appender };
      }
      await this.#appender.close();
      this.#appender = undefined;
    }
    const number = (last?.header.number ?? 0) + 1;
    const header: FileHeader = {
      marker: newMarker(),
      first: number,
      number,
      previousBytes: last?.bytes ?? 0,
    };
    const name = logFileName(number, number);
    await this.#directory.publish(name, encodeFileHeader(header));
    const file: LogFile = { name, header, bytes: FILE_HEADER_BYTES, appendedBytes: new Map() };
    this.#files.push(file);
    this.#appender = await this.#directory.appendTo(name);
    this.#mayReclaim = true;
    return { file, appender: this.#appender };
  }
}
