import type { DeadLetter } from "../decode/dead_letter.ts";
import { messageOf } from "../errors.ts";
import type { JournalRecord } from "../journal/journal.ts";
import { loadParquetWasm } from "../parquet/wasm.ts";
import type { StorePutOptions } from "../stores/store.ts";
import { TableWriter } from "../table_writer.ts";
import { BatchMemory } from "./batch_memory.ts";
import { REQUEST_BYTES } from "./body.ts";
import { GatedStore } from "./gated_store.ts";
import { type IngestSettings, tableStore } from "./ingest_options.ts";
import { LogGate } from "./log_gate.ts";
import type { IngestBindings, ShardStateLike } from "./runtime.ts";
import { type ShardAnswer, toShardAnswer } from "./shard_answer.ts";
import { type AppendCall, readAppendPath, type ShardStatus } from "./shard_calls.ts";
import { GATE, shardNamed } from "./shard_names.ts";
import { countSegments, SqlJournal } from "./sql_journal.ts";
import { NEWLINE } from "./split_events.ts";

/** How long after a failure it is tried again to close windows. */
const RETRY_MS = 5_000;
/** How often old batches are forgotten. */
const FORGET_EVERY_MS = 60_000;

/** Events on their way into the journal. */
interface Appending {
  readonly lines: number;
  readonly batch: { readonly id: string; readonly digest: string } | undefined;
  readonly arrivedMs: number;
  /** Set once the journal has them. */
  answer: ShardAnswer | undefined;
}

/**
 * One shard of an ingest: a table writer whose journal is the storage of a Durable Object. It has
 * the events of some keys, and is the only one to write them.
 *
 * Events are in the journal when `append` is answered. What becomes of them does not depend on this
 * object staying alive: an alarm is set before they are journalled, and whichever instance it wakes
 * takes up what the journal holds.
 */
export class Shard<Env> {
  readonly #state: ShardStateLike;
  readonly #settings: IngestSettings<Env>;
  readonly #bindings: IngestBindings;
  readonly #batches: BatchMemory;
  readonly #gate: LogGate;
  /** What the shard is called; unknown until it was called once. */
  #name: string | undefined;
  /** When events arrived last; kept, so that an alarm knows whether windows are due. */
  #arrivedMs: number;
  #isArmed: boolean | undefined;
  #writer: TableWriter | undefined;
  #journal: ShardJournal | undefined;
  /** One thing at a time is done with the writer. */
  #turn: Promise<unknown> = Promise.resolve();
  #appending: Appending | undefined;
  #inFlightBytes = 0;
  #forgottenMs = 0;
  readonly #counts: Record<string, number> = {
    events: 0,
    deadLettered: 0,
    replayed: 0,
    overloaded: 0,
    failed: 0,
    reopened: 0,
  };
  /** Of writers that were closed. */
  readonly #committed: Record<string, number> = { written: 0, files: 0, bytes: 0 };

  constructor(state: ShardStateLike, settings: IngestSettings<Env>, bindings: IngestBindings) {
    const { sql } = state.storage;
    this.#state = state;
    this.#settings = settings;
    this.#bindings = bindings;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS sluice_shard (name TEXT NOT NULL, arrived INTEGER NOT NULL)",
    );
    this.#batches = new BatchMemory(sql);
    this.#gate = new LogGate(tableStore(bindings.bucket, settings.table));
    const [row] = sql.exec("SELECT name, arrived FROM sluice_shard").toArray();
    this.#name = row?.["name"] as string | undefined;
    this.#arrivedMs = (row?.["arrived"] ?? 0) as number;
  }

  /** Answers what the Worker, or another shard, asks: see `shard_calls.ts`. */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/append") return await this.#append(request, readAppendPath(searchParams));
    if (pathname === "/log") {
      const bytes = new Uint8Array(await request.arrayBuffer());
      const isPut = await this.#gate.put(searchParams.get("key")!, bytes, {
        ifAbsent: searchParams.has("ifAbsent"),
      });
      return Response.json(isPut);
    }
    return Response.json(this.#status());
  }

  /** Closes windows that are due. May be called at any time, any number of times. */
  async alarm(): Promise<void> {
    if (this.#name === undefined) return; // nothing was ever sent
    // Whatever happens from here on, an alarm comes.
    await this.#arm(Date.now() + RETRY_MS);
    try {
      await this.#inTurn(() => this.#closeDue());
    } catch (error) {
      this.#counts["failed"]!++;
      console.error(`Cannot close windows of ${this.#name}: ${messageOf(error)}`);
      await this.#inTurn(() => this.#dropWriter());
    }
  }

  async #append(
    request: Request,
    { name, bytes: bodyBytes, lines, batch }: AppendCall,
  ): Promise<Response> {
    const bytes = bodyBytes + REQUEST_BYTES;
    // Some is always taken, however large, or it could never be.
    const { maxInFlightBytes } = this.#settings;
    if (this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > maxInFlightBytes) {
      this.#counts["overloaded"]!++;
      return refusal(429, `${name} has ${this.#inFlightBytes} bytes under way`);
    }
    this.#inFlightBytes += bytes;
    try {
      const body = new Uint8Array(await request.arrayBuffer());
      this.#setName(name);
      return await this.#inTurn(async () => {
        const known = batch && this.#batches.find(batch.id);
        if (known !== undefined) {
          if (known.digest !== batch!.digest) return refusal(409, "the batch had other events");
          this.#counts["replayed"]!++;
          return Response.json({ ...known.answer, isReplayed: true });
        }
        const appending = { lines, batch, arrivedMs: Date.now(), answer: undefined };
        const answer = await this.#journalled(body, appending);
        this.#counts["events"]! += answer.accepted;
        this.#counts["deadLettered"]! += answer.deadLettered;
        return Response.json({ ...answer, isReplayed: false });
      });
    } catch (error) {
      this.#counts["failed"]!++;
      console.error(`Cannot take events into ${name}: ${messageOf(error)}`);
      return refusal(503, messageOf(error));
    } finally {
      this.#inFlightBytes -= bytes;
    }
  }

  async #journalled(lines: Uint8Array, appending: Appending): Promise<ShardAnswer> {
    for (let tries = 1;; tries++) {
      let writer: TableWriter | undefined;
      try {
        writer = await this.#open();
        await this.#armFor(appending.arrivedMs);
        this.#appending = appending;
        await writer.append(lines);
        this.#journal!.linesBefore += appending.lines;
        // Where all were dropped the journal had nothing to do.
        if (appending.answer === undefined) this.#remember(appending, []);
        return appending.answer!;
      } catch (error) {
        await this.#dropWriter();
        if (appending.answer !== undefined) return appending.answer; // it has them
        // What failed may be an earlier commit, which the writer opened next makes again.
        if (writer === undefined || tries > 1) throw error;
        this.#counts["reopened"]!++;
      } finally {
        this.#appending = undefined;
      }
    }
  }

  /** Called within the transaction that journals events. */
  #onAppend(records: readonly JournalRecord[]): void {
    const appending = this.#appending;
    if (appending === undefined) return; // the journal's own name
    this.#remember(
      appending,
      records.flatMap(({ segment, payload }) => {
        if (!segment.startsWith("dead-")) return [];
        const lines = new TextDecoder().decode(payload).split("\n").slice(0, -1);
        return lines.map((line) => JSON.parse(line) as DeadLetter);
      }),
    );
  }

  #remember(appending: Appending, deadLetters: readonly DeadLetter[]): void {
    const { lines, batch, arrivedMs } = appending;
    const answer = toShardAnswer(lines, deadLetters, this.#journal!.linesBefore);
    if (batch !== undefined) {
      this.#batches.remember(batch.id, { digest: batch.digest, answer }, arrivedMs);
    }
    if (arrivedMs > this.#forgottenMs + FORGET_EVERY_MS) {
      this.#batches.forgetBefore(arrivedMs - this.#settings.batchMemoryMs);
      this.#forgottenMs = arrivedMs;
    }
    this.#state.storage.sql.exec("UPDATE sluice_shard SET arrived = ?", arrivedMs);
    this.#arrivedMs = arrivedMs;
    appending.answer = answer;
  }

  async #closeDue(): Promise<void> {
    const dueMs = this.#settings.dueAfter(this.#arrivedMs);
    if (Date.now() < dueMs) return await this.#arm(dueMs);
    const writer = await this.#open();
    await writer.flush();
    // Closed, it leaves nothing that the next one would have to look into.
    await writer.close();
    await this.#dropWriter();
    this.#isArmed = undefined;
    await this.#state.storage.deleteAlarm();
  }

  async #open(): Promise<TableWriter> {
    if (this.#writer !== undefined) return this.#writer;
    const { wasm, writing, table } = this.#settings;
    const journal = new ShardJournal(this.#state.storage, {
      onAppend: (records) => this.#onAppend(records),
    });
    if (wasm !== undefined) await (loading ??= loadParquetWasm(wasm));
    const store = new GatedStore(
      tableStore(this.#bindings.bucket, table),
      (key, bytes, options) => this.#putLog(key, bytes, options),
    );
    const writer = this.#name!;
    this.#writer = await TableWriter.open({ ...writing, store, journal, writer });
    this.#journal = journal;
    return this.#writer;
  }

  /** Gives the writer up; what it has not committed is in the journal. */
  async #dropWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#journal = undefined;
    if (writer === undefined) return;
    for (const name of Object.keys(this.#committed)) {
      this.#committed[name]! += writer.counts[name as "written"];
    }
    await writer[Symbol.asyncDispose]();
  }

  async #putLog(key: string, bytes: Uint8Array, options?: StorePutOptions): Promise<boolean> {
    const { namespace } = this.#bindings;
    const query = new URLSearchParams({ key });
    if (options?.ifAbsent) query.set("ifAbsent", "");
    const gate = shardNamed(namespace, this.#settings.table, GATE);
    const response = await gate.fetch(`https://gate/log?${query}`, {
      method: "POST",
      body: bytes as BodyInit,
    });
    if (!response.ok) throw new Error(`the log's gate answers ${response.status}`);
    return await response.json() as boolean;
  }

  async #armFor(arrivedMs: number): Promise<void> {
    this.#isArmed ??= await this.#state.storage.getAlarm() !== null;
    if (!this.#isArmed) await this.#arm(this.#settings.dueAfter(arrivedMs));
  }

  async #arm(dueMs: number): Promise<void> {
    this.#isArmed = true;
    await this.#state.storage.setAlarm(dueMs);
  }

  #setName(name: string): void {
    if (this.#name === name) return;
    const { sql } = this.#state.storage;
    sql.exec("DELETE FROM sluice_shard");
    sql.exec("INSERT INTO sluice_shard (name, arrived) VALUES (?, 0)", name);
    this.#name = name;
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #status(): ShardStatus {
    const counts = this.#writer?.counts;
    const committed = Object.fromEntries(
      Object.entries(this.#committed).map(([name, before]) => [
        name,
        before + (counts?.[name as "written"] ?? 0),
      ]),
    );
    return {
      counters: { ...this.#counts, ...committed },
      gauges: {
        openWindows: counts?.openWindows ?? 0,
        inFlightBytes: this.#inFlightBytes,
        rememberedBatches: this.#batches.size,
        // One of them only names the journal.
        journalSegments: Math.max(countSegments(this.#state.storage.sql) - 1, 0),
        journalBytes: this.#state.storage.sql.databaseSize,
      },
    };
  }
}

/** parquet-wasm is loaded once for all shards of an isolate. */
let loading: Promise<void> | undefined;

function refusal(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

/** A journal that counts the lines that a writer reads again, since it numbers all it has seen. */
class ShardJournal extends SqlJournal {
  /** How many lines the writer has seen. */
  linesBefore = 0;

  override async *read(segment: string): AsyncGenerator<Uint8Array, void, void> {
    for await (const payload of super.read(segment)) {
      if (!segment.startsWith("dead-")) {
        // After the time of arrival, eight bytes.
        for (let i = 8; i < payload.length; i++) if (payload[i] === NEWLINE) this.linesBefore++;
      }
      yield payload;
    }
  }
}
