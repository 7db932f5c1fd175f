import { build } from "esbuild";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** Bundles `child.ts`, packages left outside, and says where; it goes at exit. */
export async function bundleChild(): Promise<string> {
  mkdirSync(".build", { recursive: true });
  const directory = mkdtempSync(".build/crash-");
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, "child.mjs");
  await build({
    entryPoints: ["test/crash/child.ts"],
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
