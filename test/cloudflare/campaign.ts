// Kills workerd while events are sent to an ingest, and compares the table with what was answered.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { python, pythonIsMissing } from "../interop/python.ts";
import { queryParquet, untilCommitted, unzipTo } from "./downloads.ts";
import { buildWorkerProgram, startWorker, type WorkerProgram } from "./worker_process.ts";
import { ingestWith, TOKEN } from "./workerd.ts";
import { randomOf } from "../support/random.ts";

export const SHARDS = 4;
const SENDERS = 6;
const BATCH_EVENTS = 25;
const PAGES = 24;
const BASE = Date.UTC(2026, 0, 1);

/** Windows of ten seconds that pass in a moment, so that commits are under way most of the time. */
const OPTIONS = `
  window: sluice.tumbling("10s"), time: "at", lateness: "2s", idle: "2s", shards: ${SHARDS},
  partitionBy: ["page"],
`;

/** What a campaign found. */
export interface CrashReport {
  rounds: number;
  kills: number;
  /** Batches that were sent again because no answer came. */
  repeated: number;
  /** Batches that were never sent again: each shard has taken all of its share, or none. */
  abandoned: number;
  acknowledged: number;
  /** Answers by status, for those that were no 200. */
  readonly refusals: Map<number, number>;
}

/** What {@linkcode runCampaign} takes. */
export interface CampaignOptions {
  readonly rounds: number;
  readonly killsPerRound: number;
  readonly seed: number;
  readonly onRound?: (report: CrashReport) => void;
}

interface Batch {
  readonly id: string;
  readonly first: number;
  fate: "open" | "acknowledged" | "abandoned";
}

/** Runs rounds, each with a table of its own. Throws at the first event that is lost or doubled. */
export async function runCampaign(options: CampaignOptions): Promise<CrashReport> {
  const report: CrashReport = {
    rounds: 0,
    kills: 0,
    repeated: 0,
    abandoned: 0,
    acknowledged: 0,
    refusals: new Map(),
  };
  const directory = mkdtempSync(join(tmpdir(), "edge-crash-"));
  try {
    const program = await buildWorkerProgram(ingestWith(OPTIONS), directory);
    for (let round = 0; round < options.rounds; round++) {
      const place = join(directory, `round-${round}`);
      mkdirSync(place);
      await new Round(program, place, { ...options, seed: options.seed + round, report }).run();
      rmSync(place, { recursive: true });
      report.rounds++;
      options.onRound?.(report);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return report;
}

class Round {
  readonly #program: WorkerProgram;
  readonly #directory: string;
  readonly #options: CampaignOptions & { readonly report: CrashReport };
  readonly #random: (below: number) => number;
  readonly #batches: Batch[] = [];
  readonly #waiting: Batch[] = [];
  #nextId = 0;

  constructor(
    program: WorkerProgram,
    directory: string,
    options: CampaignOptions & { readonly report: CrashReport },
  ) {
    this.#program = program;
    this.#directory = directory;
    this.#options = options;
    this.#random = randomOf(options.seed);
  }

  async run(): Promise<void> {
    const { killsPerRound, report } = this.#options;
    for (let kill = 0; kill < killsPerRound; kill++) {
      // Some die while they are starting, or taking up what the one before has left.
      const isEarly = this.#random(5) === 0;
      const running = startWorker(this.#program, this.#directory);
      if (isEarly) {
        await sleep(this.#random(1200));
      } else {
        const url = await running.url;
        const sending = this.#sendAll(url, running.isKilled);
        await sleep(50 + this.#random(2500));
        running.kill();
        await sending;
      }
      running.kill();
      await running.ended;
      report.kills++;
    }
    const last = startWorker(this.#program, this.#directory);
    try {
      await this.#compare(await last.url);
    } finally {
      last.kill();
      await last.ended;
    }
  }

  /** Sends batches, old and new, by several senders at once, until the Worker is gone. */
  async #sendAll(url: string, isOver: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: SENDERS }, async () => {
      while (!isOver()) await this.#send(url, this.#waiting.shift() ?? this.#newBatch());
    }));
  }

  #newBatch(): Batch {
    const batch: Batch = {
      id: `batch-${this.#batches.length}`,
      first: this.#nextId,
      fate: "open",
    };
    this.#nextId += BATCH_EVENTS;
    this.#batches.push(batch);
    return batch;
  }

  async #send(url: string, batch: Batch): Promise<void> {
    const { report } = this.#options;
    try {
      const response = await fetch(`${url}/v1/events?batch=${batch.id}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${TOKEN}`,
          "content-type": "application/x-ndjson",
        },
        body: linesOf(batch),
      });
      if (response.ok) {
        const { accepted } = await response.json() as { accepted: number };
        assert.equal(accepted, BATCH_EVENTS);
        batch.fate = "acknowledged";
        return;
      }
      assert.ok(
        [429, 503].includes(response.status),
        `${response.status} ${await response.text()}`,
      );
      report.refusals.set(response.status, (report.refusals.get(response.status) ?? 0) + 1);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
    if (this.#random(5) === 0) {
      batch.fate = "abandoned";
      report.abandoned++;
    } else {
      this.#waiting.push(batch);
      report.repeated++;
    }
    await sleep(20);
  }

  async #compare(url: string): Promise<void> {
    const { report } = this.#options;
    const end = Date.now() + 60_000;
    while (this.#waiting.length > 0) {
      assert.ok(Date.now() < end, "batches are refused for a minute");
      await this.#send(url, this.#waiting.shift()!);
    }
    const request = (path: string): Promise<Response> =>
      fetch(`${url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    await untilCommitted({ request }, { timeoutMs: 60_000 });
    const table = join(this.#directory, "table");
    await unzipTo(table, await request("/v1/zip"));
    const rows = await queryParquet(table, "SELECT id, count(*) FROM $table GROUP BY id");
    const counts = new Map(rows.map(([id, count]) => [Number(id), Number(count)]));
    for (const { fate, first, id } of this.#batches) {
      for (let event = first; event < first + BATCH_EVENTS; event++) {
        const count = counts.get(event) ?? 0;
        const isRight = fate === "acknowledged" ? count === 1 : count <= 1;
        assert.ok(isRight, `event ${event} of ${id}, ${fate}, is there ${count} times`);
      }
      if (fate === "acknowledged") report.acknowledged += BATCH_EVENTS;
    }
    for (const id of counts.keys()) assert.ok(id < this.#nextId, `event ${id} was never sent`);
    if (pythonIsMissing !== undefined) return;
    const sql = "SELECT count(*) AS events, count(DISTINCT id) AS ids FROM t";
    const { rows: [delta] } = await python({ do: "delta_query", directory: table, sql });
    assert.deepEqual(delta, { events: `i:${counts.size}`, ids: `i:${counts.size}` });
  }
}

/** The same for the same batch, whenever it is sent. */
function linesOf({ first }: Batch): string {
  return Array.from({ length: BATCH_EVENTS }, (_, i) => {
    const id = first + i;
    return `{"id":${id},"at":${BASE + id * 40},"page":"/page/${id * 7 % PAGES}"}\n`;
  }).join("");
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
