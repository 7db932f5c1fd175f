import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { build } from "esbuild";

/**
 * Bundles a TypeScript module for Node, which does not read it, with packages left outside, and
 * says where it is; it goes at exit.
 */
export async function bundleForNode(path) {
  mkdirSync(".build", { recursive: true }); // inside the project, where packages are found
  // Its own for each run, so that runs do not get in each other's way.
  const directory = mkdtempSync(".build/bundled-");
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const outfile = resolve(directory, "main.mjs");
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
  return outfile;
}
