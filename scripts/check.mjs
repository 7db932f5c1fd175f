// Checks everything but behaviour: `node scripts/check.mjs`. All checks are made even if one fails.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

process.chdir(join(import.meta.dirname, ".."));
const tarballs = mkdtempSync(join(tmpdir(), "sluice-pack-"));
const bin = (name) => join("node_modules/.bin", name);
const deno = bin("deno");

const failed = [];
check("format", deno, "fmt", "--check");
check("lint", deno, "lint");
check("kernels", process.execPath, "scripts/build_kernel.mjs", "--check");
check("types", bin("tsc"), "-p", ".");
check("types of the core on web standards alone", bin("tsc"), "-p", "tsconfig.core.json");
check("JSR package", deno, "publish", "--quiet", "--dry-run", "--allow-dirty");
check("npm package", "npm", "pack", "--pack-destination", tarballs); // builds it first
for (const tarball of readdirSync(tarballs)) {
  check("npm package by publint", bin("publint"), "run", join(tarballs, tarball), "--strict");
  const options = ["--profile", "esm-only", "--exclude-entrypoints", "kernel.wasm"]; // it has no types
  check("npm package by attw", bin("attw"), join(tarballs, tarball), ...options);
}
rmSync(tarballs, { recursive: true });

if (failed.length > 0) {
  console.error(`\nChecks failed: ${failed.join(", ")}`);
  process.exit(1);
}
console.log("\nAll checks passed");

/** Runs a command, and prints what it says only if it fails. */
function check(name, command, ...args) {
  const started = performance.now();
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: Infinity,
    env: { ...process.env, NO_COLOR: "1" },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status === 0) return console.log(`ok      ${name} (${seconds} s)`);
  console.error(`FAILED  ${name} (${seconds} s): ${[command, ...args].join(" ")}`);
  console.error((error?.message ?? "") + stdout + stderr);
  failed.push(name);
}
