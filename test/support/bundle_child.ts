import { build } from "esbuild";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

/**
 * Bundles a program that tests run in a process of its own, packages left outside, and says where
 * it is; it goes at exit.
 */
export async function bundleChild(path: string): Promise<string> {
  mkdirSync(".build", { recursive: true }); // inside the project, where packages are found
  const directory = mkdtempSync(".build/child-");
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const outfile = resolve(directory, "child.mjs");
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
