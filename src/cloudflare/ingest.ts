import { messageOf } from "../errors.ts";
import { authorise } from "./authorise.ts";
import { Budget, ignoreBody, REQUEST_BYTES, Share } from "./body.ts";
import { corsHeaders, preflight } from "./cors.ts";
import { HttpError } from "./http_error.ts";
import {
  type IngestOptions,
  type IngestSettings,
  resolveIngestOptions,
  tableStore,
} from "./ingest_options.ts";
import { metricsText } from "./metrics.ts";
import { postEvents } from "./post_events.ts";
import { getFile, getTables, getZip } from "./read_table.ts";
import type { ShardNamespaceLike, ShardStateLike } from "./runtime.ts";
import { Shard } from "./shard.ts";
import type { ShardStatus } from "./shard_calls.ts";
import { shardName, shardNamed } from "./shard_names.ts";

/** A Durable Object of an ingest. */
export interface IngestShardObject {
  fetch(request: Request): Promise<Response>;
  alarm(): Promise<void>;
}

/** What `createIngest` makes: the two things that a Worker exports. */
export interface Ingest<Env> {
  /** The Worker's `fetch`. */
  readonly fetch: (request: Request, env: Env) => Promise<Response>;
  /** The class of its Durable Objects, with SQLite storage. */
  readonly IngestShard: new (ctx: ShardStateLike, env: Env) => IngestShardObject;
}

/**
 * An ingest for Cloudflare: a Worker that takes events in over HTTP, and Durable Objects that write
 * them to a table in R2.
 *
 * - `POST /v1/events[?batch=ID]` takes JSON lines (`application/x-ndjson`) or an array
 *   (`application/json`), gzip or not. It answers when the events are durable. A batch that is sent
 *   again under its id is taken in once.
 * - `GET /v1/tables`, `/v1/files/KEY` and `/v1/zip?prefix=` read the table.
 * - `GET /v1/metrics` has counters for Prometheus.
 *
 * Errors are JSON, `{ "error": { "status", "message" } }`, and say what to do.
 *
 * @throws {TypeError | RangeError} If an option is not what it must be.
 *
 * @example
 * ```ts
 * import { setKernel, tumbling } from "sluice";
 * import { createIngest, type Ingest, type ShardNamespaceLike } from "sluice/cloudflare";
 * import type { R2BucketLike } from "sluice/stores/r2";
 * // import kernel from "sluice/kernel.wasm";
 * declare const kernel: WebAssembly.Module;
 *
 * interface Env {
 *   readonly BUCKET: R2BucketLike;
 *   readonly SHARDS: ShardNamespaceLike;
 *   readonly INGEST_TOKEN?: string;
 * }
 *
 * export function makeIngest(): Ingest<Env> {
 *   setKernel(kernel);
 *   return createIngest<Env>({
 *     bucket: (env) => env.BUCKET,
 *     namespace: (env) => env.SHARDS,
 *     token: (env) => env.INGEST_TOKEN,
 *     window: tumbling("15m"),
 *     time: "event_timestamp",
 *     partitionBy: ["page_url_path"],
 *   });
 * }
 * ```
 */
export function createIngest<Env>(options: IngestOptions<Env>): Ingest<Env> {
  const settings = resolveIngestOptions(options);
  const budget = new Budget(settings.maxInFlightBytes);
  return {
    async fetch(request, env) {
      if (request.method === "OPTIONS") return preflight(request, settings.origins);
      const response = await answer(request, env, { settings, budget });
      for (const [name, value] of Object.entries(corsHeaders(request, settings.origins))) {
        response.headers.set(name, value);
      }
      return response;
    },
    IngestShard: class extends Shard<Env> {
      constructor(ctx: ShardStateLike, env: Env) {
        super(ctx, settings, settings.bindings(env));
      }
    },
  };
}

interface Context<Env> {
  readonly settings: IngestSettings<Env>;
  /** What the requests of this instance of the Worker hold. */
  readonly budget: Budget;
}

async function answer<Env>(
  request: Request,
  env: Env,
  { settings, budget }: Context<Env>,
): Promise<Response> {
  const share = new Share(budget);
  try {
    const { bucket, namespace, token } = settings.bindings(env);
    const { pathname, searchParams } = new URL(request.url);
    const isPost = pathname === "/v1/events";
    const [, file] = /^\/v1\/files\/(.*)$/s.exec(pathname) ?? [];
    const isKnown = isPost || file !== undefined ||
      ["/v1/tables", "/v1/zip", "/v1/metrics"].includes(pathname);
    if (settings.needsToken) await authorise(request, token);
    if (!isKnown) throw notFound(pathname);
    assertMethod(request, isPost ? ["POST"] : ["GET", "HEAD"]);
    if (isPost) {
      share.take(REQUEST_BYTES);
      return Response.json(await postEvents(request, settings, { namespace, share }));
    }
    const store = tableStore(bucket, settings.table);
    if (file !== undefined) return await getFile(request, store, file);
    if (pathname === "/v1/tables") return await getTables(store, settings.table);
    if (pathname === "/v1/zip") return getZip(store, searchParams, settings.table);
    return await getMetrics(namespace, settings);
  } catch (error) {
    await ignoreBody(request);
    if (error instanceof HttpError) return error.toResponse();
    console.error(`${request.method} ${request.url}: ${messageOf(error)}`);
    const message = "Something went wrong that is no fault of the request. Send it again later.";
    return new HttpError(503, message, { headers: { "retry-after": "10" } }).toResponse();
  } finally {
    share.release();
  }
}

async function getMetrics<Env>(
  namespace: ShardNamespaceLike,
  { shards, table }: IngestSettings<Env>,
): Promise<Response> {
  const statuses = await Promise.all(
    Array.from({ length: shards }, async (_, index) => {
      const name = shardName(index);
      try {
        const response = await shardNamed(namespace, table, name).fetch("https://shard/status");
        return [name, response.ok ? await response.json() as ShardStatus : undefined] as const;
      } catch {
        return [name, undefined] as const;
      }
    }),
  );
  return new Response(metricsText(new Map(statuses)), {
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
  });
}

function assertMethod({ method }: Request, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  throw new HttpError(405, `${method} cannot be used here. Use ${allowed.join(" or ")}.`, {
    headers: { allow: allowed.join(", ") },
  });
}

function notFound(pathname: string): HttpError {
  return new HttpError(
    404,
    `There is nothing at ${JSON.stringify(pathname)}. Use POST /v1/events, or GET /v1/tables, ` +
      `/v1/files/KEY, /v1/zip or /v1/metrics.`,
  );
}
