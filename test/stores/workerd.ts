// How Node runs tests of stores in workerd.
import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";
import { Miniflare, type WorkerOptions } from "miniflare";

/** A workerd with the tests of stores in it, and what these need. */
export async function storeWorker(
  options: WorkerOptions & { r2Persist?: string },
): Promise<Miniflare> {
  const { outputFiles: [script] } = await build({
    entryPoints: ["test/stores/store_worker.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
  });
  return new Miniflare({
    modules: [{ type: "ESModule", path: "worker.mjs", contents: script!.text }],
    compatibilityDate: "2026-01-01",
    ...options,
  });
}

/** Registers those tests of a worker whose names begin so. */
export async function testInWorker(worker: Miniflare, kind: string): Promise<void> {
  const list = await worker.dispatchFetch("http://worker/");
  const names = await list.json() as string[];
  assert.ok(names.some((name) => name.startsWith(kind)));
  for (const [index, name] of names.entries()) {
    if (!name.startsWith(kind)) continue;
    test(name, async () => {
      const response = await worker.dispatchFetch(`http://worker/${index}`);
      const text = await response.text();
      assert.equal(response.status, 200, text);
    });
  }
}
