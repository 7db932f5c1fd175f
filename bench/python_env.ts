import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { failureOf } from "./failure_of.ts";

const DIRECTORY = ".build/venv-bench";

/** A Python that can be used, or why there is none. */
export type Python = { readonly command: string } | { readonly skipped: string };

/** A Python in an environment of its own that has these packages: installed unless they are. */
export function pythonWith(packages: readonly string[]): Python {
  const isWindows = process.platform === "win32";
  const command = join(DIRECTORY, isWindows ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(command)) {
    console.error(`making ${DIRECTORY}`);
    const failure = failureOf(isWindows ? "python" : "python3", ["-m", "venv", DIRECTORY]);
    if (failure !== undefined) return { skipped: `no Python environment: ${failure}` };
  }
  const isThere = failureOf(command, ["-c", `import ${packages.join(", ")}`]) === undefined;
  if (isThere) return { command };
  console.error(`installing ${packages.join(", ")}`);
  const failure = failureOf(command, ["-m", "pip", "install", "--quiet", ...packages]);
  if (failure !== undefined) {
    return { skipped: `cannot install ${packages.join(", ")}: ${failure}` };
  }
  return { command };
}
