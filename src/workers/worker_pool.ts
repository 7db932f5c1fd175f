import { countRows, type HeldRows, type RowRun } from "../columns/held_rows.ts";
import { parquetKernelFor } from "../parquet/kernel_module.ts";
import { shareParquetWasm } from "../parquet/wasm.ts";
import type { Field } from "../columns/schema.ts";
import type { LineBatch } from "../decode/line_batcher.ts";
import type { HeldLines } from "../held_batches.ts";
import type { PartContent } from "../window/part_table.ts";
import { holdInWorkers, type HoldSettings } from "./hold_in_workers.ts";
import type { Job, JobResults, NumberedRows, Request, Response, Setup } from "./messages.ts";
import type { WorkerRows } from "./worker_rows.ts";
import { buffersOfJob } from "./buffers.ts";
import { workerScript } from "./worker_script.ts";
import { startThread, type WorkerThread } from "./worker_thread.ts";

/** How many jobs a worker is given at once: one to do, and one to go on with. */
const JOBS_AHEAD = 2;
/** How many rows may wait to be encoded, or one table, however many it has. */
const MAX_ROWS_AHEAD = 50_000;

/** Others wait for what is given away, all that follows for batches, and for files only the store. */
const PLACES = { take: 0, release: 1, give: 2, hold: 3, encode: 4 } as const;

interface Waiting {
  readonly job: Job;
  readonly resolve: (done: { readonly result: never; readonly worker: number }) => void;
  readonly reject: (reason: unknown) => void;
}

interface PooledWorker {
  readonly thread: WorkerThread;
  readonly underWay: Map<number, Waiting>;
  /** What it alone can do. */
  readonly queue: Waiting[];
  /** Rows of the files that it is to encode. */
  rows: number;
  /** The columns of the last file that it was told of. */
  schema: readonly Field[] | undefined;
}

/** Workers, and the jobs that wait for them. */
export class WorkerPool {
  readonly size: number;
  readonly #workers: PooledWorker[];
  /** What any of them can do. */
  readonly #queue: Waiting[] = [];
  #nextId = 0;
  #nextNumber = 0;
  #rowsAhead = 0;
  /** Who waits for room, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #onRoom: () => void = () => {};
  #failure: Error | undefined;

  private constructor(size: number) {
    const url = workerScript();
    this.size = size;
    this.#workers = Array.from({ length: size }, (_, index) => ({
      underWay: new Map<number, Waiting>(),
      queue: [],
      rows: 0,
      schema: undefined,
      thread: startThread(url, {
        onMessage: (message) => this.#take(index, message as Response),
        onFailure: (cause) => this.#fail(new Error("Cannot go on: a worker has failed", { cause })),
      }),
    }));
  }

  /** Starts workers, for files with this compression. */
  static async open(
    size: number,
    { jsonKernel, compression }: Pick<Setup, "jsonKernel" | "compression">,
  ): Promise<WorkerPool> {
    const pool = new WorkerPool(size); // while they start, there is something to compile
    try {
      const parquetKernel = parquetKernelFor(compression);
      const found = parquetKernel === null ? await shareParquetWasm() : undefined;
      const parquetWasm = found instanceof URL ? found.href : found;
      const setup: Setup = { jsonKernel, parquetKernel, parquetWasm, compression };
      for (const { thread } of pool.#workers) thread.post(setup, []);
      return pool;
    } catch (error) {
      pool.close();
      throw error;
    }
  }

  /**
   * Has a job done, whose buffers are handed over, and tells which worker did it.
   *
   * @param worker The one that has to do it; any by default.
   */
  run<J extends Job>(
    job: J,
    worker?: number,
  ): Promise<{ readonly result: JobResults[J["type"]]; readonly worker: number }> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const waiting = { job, resolve, reject };
      if (worker === undefined) this.#queue.push(waiting);
      else this.#workers[worker]!.queue.push(waiting);
      this.#giveJobs(this.#workers[worker ?? this.#leastBusy()]!);
    });
  }

  /** Has a job done of which nothing comes. If it fails, all that follows does. */
  tell(job: Job, worker: number): void {
    this.run(job, worker).catch((error) => this.#fail(error));
  }

  /** The first of as many numbers that no rows have. */
  newNumbers(count: number): number {
    const first = this.#nextNumber;
    this.#nextNumber += count;
    return first;
  }

  /** Decodes batches, and holds their rows: see {@linkcode holdInWorkers}. */
  hold(batches: AsyncIterable<LineBatch>, settings: HoldSettings): AsyncGenerator<HeldLines, void> {
    return holdInWorkers(this, batches, settings);
  }

  /**
   * Makes a file of rows that workers hold: in the one of them that has least to do for it, once the
   * others have given away what they have of it. Files are begun in the order they are asked for.
   */
  async encode(content: PartContent<HeldRows>): Promise<JobResults["encode"]> {
    const runs = content.runs as readonly RowRun<WorkerRows>[];
    const rows = countRows(runs);
    await this.#roomFor(rows);
    const index = this.#ownerOf(runs);
    const owner = this.#workers[index]!;
    owner.rows += rows;
    try {
      return await this.#encodeIn(index, { ...content, runs });
    } finally {
      owner.rows -= rows;
      this.#rowsAhead -= rows;
      this.#onRoom();
    }
  }

  /** Who has fewest rows before it: those of files to encode, less those that it need not be given. */
  #ownerOf(runs: readonly RowRun<WorkerRows>[]): number {
    const rowsBefore = this.#workers.map(({ rows }) => rows);
    for (const { held, start, end } of runs) rowsBefore[held.worker]! -= end - start;
    return rowsBefore.indexOf(Math.min(...rowsBefore));
  }

  async #encodeIn(owner: number, content: PartContent<WorkerRows>): Promise<JobResults["encode"]> {
    const { runs } = content;
    const others = [...new Set(runs.map(({ held }) => held.worker))]
      .filter((worker) => worker !== owner);
    const given = await Promise.all(others.map(async (worker) => {
      const own = runs.filter(({ held }) => held.worker === worker).map(numbered);
      return (await this.run({ type: "give", content: { ...content, runs: own } }, worker)).result;
    }));
    const taken = runs.map((run) => {
      const { held: { worker }, start, end } = run;
      return worker === owner
        ? numbered(run)
        : { held: { portion: others.indexOf(worker) }, start, end };
    });
    const job = { type: "encode", content: { ...content, runs: taken }, given } as const;
    return (await this.run(job, owner)).result;
  }

  async #roomFor(rows: number): Promise<void> {
    const before = this.#turn;
    let endTurn = (): void => {};
    this.#turn = new Promise((resolve) => endTurn = resolve);
    await before;
    while (this.#rowsAhead > 0 && this.#rowsAhead + rows > MAX_ROWS_AHEAD) {
      await new Promise<void>((resolve) => this.#onRoom = resolve);
    }
    this.#rowsAhead += rows;
    endTurn();
  }

  /** How many batches are decoded before they are asked for. */
  get batchesAhead(): number {
    return 2 * this.size;
  }

  /** How many files are encoded before they are asked for. */
  get filesAhead(): number {
    return 4 * this.size;
  }

  /** Ends the workers, whatever they do. */
  close(): void {
    this.#fail(new Error("Cannot go on: the workers were closed"));
  }

  #leastBusy(): number {
    const jobs = this.#workers.map(({ underWay }) => underWay.size);
    return jobs.indexOf(Math.min(...jobs));
  }

  /** Gives a worker the most urgent of what it may do, while it has room. */
  #giveJobs(worker: PooledWorker): void {
    const { thread, underWay } = worker;
    while (underWay.size < JOBS_AHEAD) {
      const waiting = this.#nextFor(worker);
      if (waiting === undefined) return;
      const id = this.#nextId++;
      underWay.set(id, waiting);
      const request: Request = { id, job: withoutKnownSchema(waiting.job, worker) };
      thread.post(request, buffersOfJob(waiting.job));
    }
  }

  #nextFor({ queue }: PooledWorker): Waiting | undefined {
    const own = mostUrgent(queue);
    const [shared] = this.#queue;
    if (shared !== undefined && (own === undefined || isBefore(shared, own))) {
      return this.#queue.shift();
    }
    if (own !== undefined) queue.splice(queue.indexOf(own), 1);
    return own;
  }

  #take(index: number, response: Response): void {
    const worker = this.#workers[index]!;
    const waiting = worker.underWay.get(response.id);
    worker.underWay.delete(response.id);
    if ("error" in response) waiting?.reject(response.error);
    else waiting?.resolve({ result: response.result as never, worker: index });
    this.#giveJobs(worker);
  }

  #fail(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const { thread, underWay, queue } of this.#workers) {
      thread.terminate();
      for (const { reject } of [...underWay.values(), ...queue.splice(0)]) reject(failure);
    }
    for (const { reject } of this.#queue.splice(0)) reject(failure);
  }
}

/** The most urgent of what waits, which came first of its kind. */
function mostUrgent(queue: readonly Waiting[]): Waiting | undefined {
  let [found] = queue;
  for (const waiting of queue) if (isBefore(waiting, found!)) found = waiting;
  return found;
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return PLACES[a.job.type] < PLACES[b.job.type];
}

/** A run as its worker knows it. */
function numbered({ held: { number }, start, end }: RowRun<WorkerRows>): RowRun<NumberedRows> {
  return { held: { number }, start, end };
}

/** The job as it is sent: with the columns of a file if they are not those of the last one. */
function withoutKnownSchema(job: Job, worker: PooledWorker): Job {
  if (!("content" in job)) return job;
  const { schema } = job.content;
  if (schema !== worker.schema) {
    worker.schema = schema;
    return job;
  }
  return { ...job, content: { ...job.content, schema: undefined } } as Job;
}
