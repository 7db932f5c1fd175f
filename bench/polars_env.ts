import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { POLARS_VERSION } from "./polars_version.ts";
import { failureOf } from "./failure_of.ts";

/** Above the contenders, which therefore find what is in it. */
const MODULES = ".build/node_modules";

/**
 * Why nodejs-polars cannot be loaded, or `undefined` if it can.
 *
 * It is fetched when it is first needed. npm could not install it: of some of the binaries that it
 * names there are none, and all of them ask for Node 22, though they run in 20 as well.
 */
export function polarsProblem(): string | undefined {
  if (loadingProblem() === undefined) return undefined;
  return fetchingProblem("nodejs-polars") ?? fetchingProblem(binary()) ?? loadingProblem();
}

function loadingProblem(): string | undefined {
  const script = `require(${JSON.stringify(join(process.cwd(), MODULES, "nodejs-polars"))})`;
  return failureOf(process.execPath, ["-e", script]);
}

function binary(): string {
  const { platform, arch } = process;
  const isGlibc = "glibcVersionRuntime" in
    (process.report.getReport() as unknown as { readonly header: object }).header;
  const libc = platform === "linux" ? (isGlibc ? "-gnu" : "-musl") : "";
  return `nodejs-polars-${platform}-${arch}${libc}`;
}

function fetchingProblem(name: string): string | undefined {
  const directory = join(MODULES, name);
  const packed = join(directory, `${name}-${POLARS_VERSION}.tgz`);
  console.error(`fetching ${name}`);
  mkdirSync(directory, { recursive: true });
  const problem = failureOf("npm", [
    "pack",
    "--silent",
    "--pack-destination",
    directory,
    `${name}@${POLARS_VERSION}`,
  ]) ?? failureOf("tar", ["-xzf", packed, "-C", directory, "--strip-components=1"]);
  rmSync(packed, { force: true });
  return problem && `cannot fetch ${name} ${POLARS_VERSION}: ${problem}`;
}
