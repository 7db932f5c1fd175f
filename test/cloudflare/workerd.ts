// Workers of ours in real workerd, by way of miniflare.
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { Miniflare, type MiniflareOptions } from "miniflare";
import { compileKernel, TABLE_KERNEL } from "../../scripts/compile_kernel.mjs";

/** A Worker as it is deployed. */
export interface Bundle {
  readonly code: string;
  /** By the name that the code imports. */
  readonly wasm: ReadonlyMap<string, Uint8Array>;
}

export const TOKEN = "a-secret";
export const EXAMPLE = "examples/cloudflare-worker/src/worker.ts";

/** Bundles a Worker as wrangler does: one module, and WebAssembly beside it. */
export async function bundleWorker(
  entry: string | { readonly code: string },
  { minify = false }: { readonly minify?: boolean } = {},
): Promise<Bundle> {
  const wasm = new Map<string, Uint8Array>();
  const kernel = await compileKernel(TABLE_KERNEL);
  const besides: Plugin = {
    name: "wasm-besides",
    setup({ onResolve }) {
      onResolve({ filter: /^#parquet-wasm-source$/ }, () => ({
        path: resolve("src/parquet/wasm_source_fetch.ts"),
      }));
      onResolve({ filter: /\.wasm$/ }, ({ path }) => {
        const name = basename(path);
        wasm.set(
          name,
          path === "sluice/kernel.wasm" ? kernel : readFileSync(resolve("node_modules", path)),
        );
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    ...(typeof entry === "string"
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.code, loader: "ts", resolveDir: "." } }),
    bundle: true,
    write: false,
    minify,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    tsconfig: "tsconfig.json",
    plugins: [besides],
    logLevel: "warning",
  });
  return { code: outputFiles[0]!.text, wasm };
}

/** Options of miniflare for an ingest that is bundled, with its state in a directory. */
export function workerdOptions(
  { code, wasm }: Bundle,
  { directory, more = {} }: { readonly directory: string; readonly more?: object },
): MiniflareOptions {
  return {
    compatibilityDate: "2026-04-01",
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: code },
      ...Array.from(wasm, ([path, contents]) => ({
        type: "CompiledWasm" as const,
        path,
        contents: contents as Uint8Array<ArrayBuffer>,
      })),
    ],
    bindings: { INGEST_TOKEN: TOKEN },
    durableObjects: { SHARDS: { className: "IngestShard", useSQLite: true } },
    r2Buckets: ["BUCKET"],
    durableObjectsPersist: `${directory}/objects`,
    r2Persist: `${directory}/r2`,
    ...more,
  } as MiniflareOptions;
}

/** A Worker that runs. */
export interface RunningWorker extends AsyncDisposable {
  readonly url: string;
  readonly miniflare: Miniflare;
  /** A request with the right token. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** `POST /v1/events`, JSON lines. */
  post(body: BodyInit, options?: { readonly query?: string; readonly headers?: object }): Promise<
    Response
  >;
}

/** Runs a Worker. */
export async function runWorker(options: MiniflareOptions): Promise<RunningWorker> {
  const miniflare = new Miniflare(options);
  const ready = await miniflare.ready;
  const isDirect = "unsafeDirectSockets" in options;
  const url = (isDirect ? await miniflare.unsafeGetDirectURL() : ready).origin;
  const request = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, ...init.headers },
    });
  return {
    url,
    miniflare,
    request,
    post: (body, { query = "", headers = {} } = {}) =>
      request(`/v1/events${query}`, {
        method: "POST",
        body,
        headers: { "content-type": "application/x-ndjson", ...headers },
      }),
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
}

/** A Worker whose ingest has options of its own, given as code; with the kernel, as the example. */
export function ingestWith(
  options: string,
  { hasKernel = true }: { readonly hasKernel?: boolean } = {},
): { readonly code: string } {
  return {
    code: `
      import wasm from "parquet-wasm/esm/parquet_wasm_bg.wasm";
      import kernel from "sluice/kernel.wasm";
      import * as sluice from "./mod.ts";
      import { createIngest } from "./src/cloudflare/mod.ts";
      sluice.setKernel(${hasKernel ? "kernel" : "null"});
      const { fetch, IngestShard } = createIngest({
        ${hasKernel ? "" : "wasm,"}
        ${/\bbucket:/.test(options) ? "" : "bucket: (env) => env.BUCKET,"}
        namespace: (env) => env.SHARDS,
        token: (env) => env.INGEST_TOKEN,
        ${options}
      });
      export { IngestShard };
      export default { fetch };
    `,
  };
}
