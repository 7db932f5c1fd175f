// A project with the package as npm packs it, and what that depends on, installed.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { emptyDirectory, run } from "../docs/snippets.ts";

interface PackageManifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

export const manifest: PackageManifest = JSON.parse(readFileSync("package.json", "utf8"));

/** The project's directory. */
export const project: string = emptyDirectory("sluice-package", tmpdir());

/** Where the package is in it. */
export const installed: string = join(project, "node_modules/sluice");

writeFileSync(join(project, "package.json"), '{ "type": "module" }');
for (const name of ["package.json", "README.md", "CHANGELOG.md", "LICENSE"]) {
  cpSync(name, join(installed, name));
}
for (const name of [...Object.keys(manifest.dependencies), "@types/node"]) {
  const link = join(project, "node_modules", name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(resolve("node_modules", name), link);
}
succeed([process.execPath, "scripts/build.mjs", "--out", join(installed, "dist")]);

/** Runs a command that must exit with 0, and gives what it prints. */
export function succeed(command: readonly [string, ...string[]], cwd = "."): string {
  const { status, stdout, output } = run(command, { cwd });
  assert.equal(status, 0, output);
  return stdout;
}
