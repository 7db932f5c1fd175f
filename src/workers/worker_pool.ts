import type { Table } from "../columns/vector.ts";
import { parquetKernelFor } from "../parquet/kernel_module.ts";
import { shareParquetWasm } from "../parquet/wasm.ts";
import type { DecodeSettings } from "../decode/decode_options.ts";
import type { DecodedLines } from "../decode/decoder.ts";
import type { LineBatch } from "../decode/line_batcher.ts";
import type { EncodedTable } from "../parquet/encode_table.ts";
import type { ParquetCompression } from "../parquet/parquet_options.ts";
import { decodeInWorkers } from "./decode_in_workers.ts";
import type { Job, JobResults, Request, Response, Setup } from "./messages.ts";
import { buffersIn } from "./buffers.ts";
import { workerScript } from "./worker_script.ts";
import { startThread, type WorkerThread } from "./worker_thread.ts";

/** How many jobs a worker is given at once: one to do, and one to go on with. */
const JOBS_AHEAD = 2;
/** How many rows may wait to be encoded, or one table, however many it has. */
const MAX_ROWS_AHEAD = 50_000;

interface Waiting {
  readonly job: Job;
  readonly resolve: (done: { readonly result: never; readonly worker: number }) => void;
  readonly reject: (reason: unknown) => void;
}

interface PooledWorker {
  readonly thread: WorkerThread;
  readonly underWay: Map<number, Waiting>;
}

/** Workers, and the jobs that wait for them. */
export class WorkerPool {
  readonly size: number;
  readonly #workers: PooledWorker[];
  #queue: Waiting[] = [];
  #nextId = 0;
  #rowsAhead = 0;
  /** Who waits for room, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #onRoom: () => void = () => {};
  #failure: Error | undefined;

  private constructor(size: number, setup: Setup) {
    const url = workerScript();
    this.size = size;
    this.#workers = Array.from({ length: size }, (_, index) => ({
      underWay: new Map<number, Waiting>(),
      thread: startThread(url, {
        onMessage: (message) => this.#take(index, message as Response),
        onFailure: (cause) => this.#fail(new Error("Cannot go on: a worker has failed", { cause })),
      }),
    }));
    for (const { thread } of this.#workers) thread.post(setup, []);
  }

  /** Starts workers, for files with this compression. */
  static async open(
    size: number,
    { jsonKernel, compression }: {
      readonly jsonKernel: Setup["jsonKernel"];
      readonly compression: ParquetCompression;
    },
  ): Promise<WorkerPool> {
    const parquetKernel = parquetKernelFor(compression);
    const found = parquetKernel === null ? await shareParquetWasm() : undefined;
    const parquetWasm = found instanceof URL ? found.href : found;
    return new WorkerPool(size, { jsonKernel, parquetKernel, parquetWasm });
  }

  /** Has a job done, whose buffers are handed over, and tells which worker did it. */
  run<J extends Job>(
    job: J,
  ): Promise<{ readonly result: JobResults[J["type"]]; readonly worker: number }> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#queue.push({ job, resolve, reject });
      this.#assign();
    });
  }

  /** Decodes batches: see {@linkcode decodeInWorkers}. */
  decode(
    batches: AsyncIterable<LineBatch>,
    options: { readonly settings: DecodeSettings; readonly firstLine: number },
  ): AsyncGenerator<DecodedLines, void> {
    return decodeInWorkers(batches, { ...options, pool: this });
  }

  /**
   * Encodes a table of as many rows, whose arrays are handed over. It is made when there is room for
   * it; tables are made in the order they are asked for.
   */
  async encode<T extends Table>(
    rows: number,
    makeTable: () => Promise<T>,
    { compression }: { readonly compression: ParquetCompression },
  ): Promise<EncodedTable & { readonly table: T }> {
    await this.#roomFor(rows);
    try {
      const table = await makeTable();
      const { fields, vectors } = table;
      const job = { type: "encode", table: { rows, fields, vectors }, compression } as const;
      const { result } = await this.run(job);
      return { ...result, table };
    } finally {
      this.#rowsAhead -= rows;
      this.#onRoom();
    }
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

  #assign(): void {
    while (this.#queue.length > 0) {
      const worker = this.#workers.reduce((a, b) => b.underWay.size < a.underWay.size ? b : a);
      if (worker.underWay.size >= JOBS_AHEAD) return;
      // Batches first: files are waited for by the store alone, but batches by all that follows.
      const batch = this.#queue.findIndex(({ job }) => job.type === "decode");
      const [waiting] = this.#queue.splice(Math.max(batch, 0), 1) as [Waiting];
      const id = this.#nextId++;
      worker.underWay.set(id, waiting);
      const request: Request = { id, job: waiting.job };
      worker.thread.post(request, buffersIn(request, waiting.job));
    }
  }

  #take(index: number, response: Response): void {
    const { underWay } = this.#workers[index]!;
    const waiting = underWay.get(response.id);
    underWay.delete(response.id);
    if ("error" in response) waiting?.reject(response.error);
    else waiting?.resolve({ result: response.result as never, worker: index });
    this.#assign();
  }

  #fail(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const { thread, underWay } of this.#workers) {
      thread.terminate();
      for (const { reject } of underWay.values()) reject(failure);
    }
    for (const { reject } of this.#queue) reject(failure);
    this.#queue = [];
  }
}
