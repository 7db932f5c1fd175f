import { build } from "esbuild";
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

/** Bundles `child.ts`, packages left outside, and says where. */
export async function bundleChild(): Promise<string> {
  mkdirSync(".build", { recursive: true });
  const outfile = join(mkdtempSync(".build/crash-"), "child.mjs");
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
