// Runs a TypeScript module in Node, which does not read it: bundled, with packages left outside.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** What a module exports; what is made of it goes at exit. */
export async function importBundled(path) {
  mkdirSync(".build", { recursive: true });
  // Its own for each run, so that runs do not get in each other's way.
  const directory = mkdtempSync(".build/bundled-");
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const outfile = resolve(join(directory, "main.mjs"));
  await build({
    entryPoints: [path],
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  });
  return await import(pathToFileURL(outfile).href);
}
