import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Row } from "./cells.ts";

const DIRECTORY = ".build/venv-interop";
const PACKAGES = ["pyarrow", "pandas", "polars", "deltalake"];
const SCRIPT = "test/interop/readers.py";

/** What `readers.py` is asked to do: see there. */
export interface PythonRequest {
  readonly do: string;
  readonly [option: string]: unknown;
}

/** What a reader found: the rows it gives, and the type of each column. */
export interface ReadResult {
  readonly rows: readonly Row[];
  readonly types: Readonly<Record<string, string>>;
}

/** Why Python's readers cannot be asked; `undefined` if they can. */
export const pythonIsMissing: string | undefined = findPython();

/**
 * Finds the environment with Python's readers, made the first time. It gets its name once it is
 * complete, so that two processes may do this at once, and one that is stopped leaves nothing.
 */
function findPython(): string | undefined {
  if (existsSync(pythonIn(DIRECTORY))) return undefined;
  const directory = `${DIRECTORY}.${process.pid}`;
  mkdirSync(".build", { recursive: true });
  try {
    console.error(`making ${DIRECTORY} with ${PACKAGES.join(", ")}`);
    const python = process.platform === "win32" ? "python" : "python3";
    const failure = failureOf(python, ["-m", "venv", directory]) ??
      failureOf(pythonIn(directory), ["-m", "pip", "install", "--quiet", ...PACKAGES]) ??
      failureOf(pythonIn(directory), ["-c", `import ${PACKAGES.join(", ")}`]);
    if (failure !== undefined) return `no Python with ${PACKAGES.join(", ")}: ${failure}`;
    renameSync(directory, DIRECTORY);
    return undefined;
  } catch (error) {
    if (existsSync(pythonIn(DIRECTORY))) return undefined; // another process was faster
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function pythonIn(directory: string): string {
  return join(directory, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
}

/** The last line of what a command complains of, or `undefined` if it succeeds. */
function failureOf(command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) return error.message;
  if (status === 0) return undefined;
  return `${stderr}\n${stdout}`.trim().split("\n").at(-1) ?? `exit code ${status}`;
}

/** What came of a request: a result, or the exception's class and message. */
export type PythonAnswer<T> = { readonly result: T } | { readonly error: string };

/** Has requests done by one Python process, in order; where one fails the others still are. */
export async function askPython<T = ReadResult>(
  requests: readonly PythonRequest[],
): Promise<PythonAnswer<T>[]> {
  const child = spawn(pythonIn(DIRECTORY), ["-X", "utf8", SCRIPT], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = new Promise<number | string | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  child.stdin.end(JSON.stringify(requests));
  let output = "";
  child.stdout.setEncoding("utf8");
  for await (const chunk of child.stdout) output += chunk;
  const status = await exit;
  if (status !== 0) {
    throw new Error(`Cannot run ${SCRIPT}: it ended with ${status} after: ${output}`);
  }
  return output.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The result of one request, which must not fail. */
export async function python<T = ReadResult>(request: PythonRequest): Promise<T> {
  const [answer] = await askPython<T>([request]);
  return resultOf(answer);
}

/** The result of a request that must not have failed. */
export function resultOf<T>(answer: PythonAnswer<T> | undefined): T {
  if (answer === undefined || "error" in answer) {
    throw new Error(`Cannot read with Python: ${answer?.error}`);
  }
  return answer.result;
}
