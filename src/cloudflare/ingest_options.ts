import { resolveDecodeOptions } from "../decode/decode_options.ts";
import { atLeast, MIB } from "../options.ts";
import { isForKernel, parquetKernelFor } from "../parquet/kernel_module.ts";
import { resolveParquetOptions } from "../parquet/parquet_options.ts";
import { R2Store } from "../stores/r2.ts";
import type { Store } from "../stores/store.ts";
import type { TableWriterOptions } from "../table_writer.ts";
import { type Duration, parseDuration } from "../window/duration.ts";
import { resolveWindowOptions } from "../window/window_options.ts";
import type { IngestBindings, ShardNamespaceLike } from "./runtime.ts";
import type { R2BucketLike } from "../stores/r2.ts";

/** Pages of which sites may send events and read the table. */
export interface CorsOptions {
  /** Origins such as `https://example.org`, or `"*"` for all. */
  readonly origins: readonly string[] | "*";
}

/** What `createIngest` takes: what a `TableWriter` does, and where things are. */
export interface IngestOptions<Env>
  extends Omit<TableWriterOptions, "store" | "journal" | "writer" | "clock"> {
  /**
   * The binary of parquet-wasm, which a Worker has to import. It is needed for compressions other
   * than `"snappy"` and `"none"`, and where {@linkcode setKernel} was not called.
   */
  readonly wasm?: WebAssembly.Module;
  /** The bucket that the table is kept in. */
  readonly bucket: (env: Env) => R2BucketLike;
  /** The namespace of the Durable Objects, whose class is the `IngestShard` that is returned. */
  readonly namespace: (env: Env) => ShardNamespaceLike;
  /**
   * The secret that requests have to bring as `authorization: Bearer …`. If the option is there and
   * the environment has none, every request is refused. Without the option, anyone may send and
   * read.
   */
  readonly token?: (env: Env) => string | undefined;
  /** Which pages may call; none of another origin by default. */
  readonly cors?: CorsOptions;
  /** The table's name, and what all of its keys begin with; `"events"` by default. */
  readonly table?: string;
  /**
   * How many Durable Objects share the keys; 4 by default, at most 256. A batch that is repeated
   * after this was changed is not known any more.
   */
  readonly shards?: number;
  /**
   * Windows are closed when a shard got nothing for this long. By default the length of a window if
   * `time` names a field; windows of arrival time close when they are over.
   */
  readonly idle?: Duration;
  /** As elsewhere, but `"1h"` by default: what comes from outside may have any clock. */
  readonly maxFutureSkew?: Duration;
  /** As elsewhere, but 16 MiB by default, for each shard: several may share one isolate. */
  readonly memoryLimitBytes?: number;
  /** Most bytes of a body, compressed or not; 4 MiB by default. */
  readonly maxBodyBytes?: number;
  /** Most events of a body; 10,000 by default. */
  readonly maxEvents?: number;
  /** How long a body may take to arrive; `"30s"` by default. */
  readonly bodyTimeout?: Duration;
  /**
   * Most bytes that a shard, and an instance of the Worker, hold for requests under way, each of
   * them counted with 64 KiB beside its body; 16 MiB by default. Beyond it requests are refused with
   * 429.
   */
  readonly maxInFlightBytes?: number;
  /** How long ids of batches are remembered; `"1d"` by default. */
  readonly batchMemory?: Duration;
}

/** {@linkcode IngestOptions}, checked and complete. */
export interface IngestSettings<Env> {
  /** To be loaded before files are encoded. */
  readonly wasm: WebAssembly.Module | undefined;
  readonly bindings: (env: Env) => IngestBindings;
  readonly needsToken: boolean;
  readonly origins: readonly string[] | "*";
  readonly table: string;
  readonly shards: number;
  /** The fields that an event is routed by. */
  readonly keyFields: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxEvents: number;
  readonly maxEventBytes: number;
  readonly bodyTimeoutMs: number;
  readonly maxInFlightBytes: number;
  readonly batchMemoryMs: number;
  /** When windows close that nothing more comes for, after an event that arrived at a time. */
  readonly dueAfter: (arrivedMs: number) => number;
  readonly writing: Omit<TableWriterOptions, "store" | "journal" | "writer">;
}

/**
 * Checks {@linkcode IngestOptions}.
 *
 * @throws {TypeError | RangeError} If one is not what it must be.
 */
export function resolveIngestOptions<Env>(options: IngestOptions<Env>): IngestSettings<Env> {
  const { wasm, bucket, namespace, token, cors, table = "events", idle } = options;
  const { shards = 4, maxFutureSkew = "1h", memoryLimitBytes = 16 * MIB } = options;
  for (const [name, value] of Object.entries({ bucket, namespace })) {
    if (typeof value !== "function") throw mustBe(name, "a function of the environment", value);
  }
  if (token !== undefined && typeof token !== "function") {
    throw mustBe("token", "a function of the environment", token);
  }
  if (wasm !== undefined && !(wasm instanceof WebAssembly.Module)) {
    throw mustBe("wasm", "a WebAssembly.Module", wasm);
  }
  if (typeof table !== "string" || !/^[\w-]{1,64}$/.test(table)) {
    throw mustBe("table", '1 to 64 letters, digits, "_" and "-"', table);
  }
  if (!(shards <= 256)) throw mustBe("shards", "at most 256", shards);
  const origins = cors?.origins ?? [];
  if (origins !== "*" && !(Array.isArray(origins) && origins.every(isOrigin))) {
    throw mustBe("cors.origins", '"*" or a list of origins such as https://example.org', origins);
  }
  // A timer does not outlive the object: the alarm closes windows instead.
  const { idle: _, ...rest } = options;
  const writing = { ...rest, maxFutureSkew, memoryLimitBytes };
  const { window, partitionBy, latenessMs } = resolveWindowOptions(writing);
  const { time, maxEventBytes } = resolveDecodeOptions(writing);
  const { compression } = resolveParquetOptions(writing);
  const needsParquetWasm = parquetKernelFor(compression) === null;
  if (needsParquetWasm && wasm === undefined) {
    throw new TypeError(
      `Cannot write files with the compression "${compression}": that takes ` +
        (isForKernel(compression)
          ? 'setKernel, with "sluice/kernel.wasm", before'
          : 'the option "wasm", with the binary of parquet-wasm'),
    );
  }
  const idleMs = idle === undefined ? undefined : atLeast(parseDuration(idle, "idle"), "idle", 1);
  return {
    wasm: needsParquetWasm ? wasm : undefined,
    bindings: (env) => ({
      bucket: bucket(env),
      namespace: namespace(env),
      token: token?.(env),
    }),
    needsToken: token !== undefined,
    origins,
    table,
    shards: atLeast(shards, "shards", 1),
    keyFields: partitionBy.filter((column) => typeof column === "string"),
    maxBodyBytes: atLeast(options.maxBodyBytes ?? 4 * MIB, "maxBodyBytes", 1),
    maxEvents: atLeast(options.maxEvents ?? 10_000, "maxEvents", 1),
    maxEventBytes,
    bodyTimeoutMs: atLeast(
      parseDuration(options.bodyTimeout ?? "30s", "bodyTimeout"),
      "bodyTimeout",
      1,
    ),
    maxInFlightBytes: atLeast(options.maxInFlightBytes ?? 16 * MIB, "maxInFlightBytes", 1),
    batchMemoryMs: parseDuration(options.batchMemory ?? "1d", "batchMemory"),
    dueAfter(arrivedMs) {
      if (time !== undefined) return arrivedMs + (idleMs ?? window.lengthMs);
      const { lengthMs, offsetMs } = window;
      const end = (Math.floor((arrivedMs - offsetMs) / lengthMs) + 1) * lengthMs + offsetMs;
      return Math.min(end + latenessMs, arrivedMs + (idleMs ?? Infinity));
    },
    writing,
  };
}

/** Where the table is. */
export function tableStore(bucket: R2BucketLike, table: string): Store {
  return new R2Store(bucket, { prefix: table });
}

function isOrigin(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && new URL(value).origin === value;
}

function mustBe(name: string, what: string, value: unknown): TypeError {
  return new TypeError(
    `Cannot use option "${name}": it must be ${what}: current value is ${
      typeof value === "function" ? "a function" : JSON.stringify(value)
    }`,
  );
}
