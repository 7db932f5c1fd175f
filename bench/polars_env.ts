import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { packageVersion } from "./contenders/report.ts";
import { failureOf } from "./failure_of.ts";

const MODULES = ".build/polars/node_modules";
const TRY = "try { require('nodejs-polars') } " +
  "catch (error) { console.error(error.message.split('\\n')[0]); process.exitCode = 1 }";

/**
 * Why processes started from here cannot load nodejs-polars, or `undefined` if they can.
 *
 * npm leaves its binary out in Node 20, since the binary asks for 22; but it runs in 20 as well.
 * So it is fetched into a place of its own, where modules are looked for last.
 */
export function polarsProblem(): string | undefined {
  process.env["NODE_PATH"] = resolve(MODULES);
  const problem = failureOf(process.execPath, ["-e", TRY]);
  const binary = /^Cannot find module '(nodejs-polars-[\w-]+)'/.exec(problem ?? "")?.[1];
  if (binary === undefined) return problem;
  const version = packageVersion("nodejs-polars");
  const directory = join(MODULES, binary);
  const packed = join(directory, `${binary}-${version}.tgz`);
  console.error(`fetching ${binary}`);
  mkdirSync(directory, { recursive: true });
  const fetching = failureOf("npm", [
    "pack",
    "--silent",
    "--pack-destination",
    directory,
    `${binary}@${version}`,
  ]) ?? failureOf("tar", ["-xzf", packed, "-C", directory, "--strip-components=1"]);
  rmSync(packed, { force: true });
  if (fetching !== undefined) return `cannot fetch ${binary} ${version}: ${fetching}`;
  return failureOf(process.execPath, ["-e", TRY]);
}
