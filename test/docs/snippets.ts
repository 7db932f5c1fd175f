import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { build } from "esbuild";

/** A fenced block of Markdown. */
export interface CodeBlock {
  /** What stands behind the opening fence: `ts`, `sh`, … */
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a Markdown text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return Array.from(blocks, ([, language, code]) => ({ language: language!, code: code! }));
}

/**
 * An empty directory, to be gone with the process: inside the project, so that its packages are
 * found from there, unless another place is given.
 */
export function emptyDirectory(name: string, parent = ".build"): string {
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(resolve(parent, `${name}-`));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * Compiles a snippet for Node, with `sluice` being the source. The same directory may hold several.
 *
 * @returns The file to run.
 */
export async function compileForNode(directory: string, snippet: string): Promise<string> {
  const { name } = /(?<name>\w+)\.\w+$/.exec(snippet)!.groups!;
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [snippet],
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    tsconfig: "tsconfig.json",
    logLevel: "silent",
  });
  return outfile;
}

/** Type-checks files as the project itself is checked. @returns What the compiler says. */
export function typeCheck(directory: string, files: readonly string[]): string {
  const project = join(directory, "tsconfig.json");
  const compilerOptions = { noUnusedLocals: false };
  writeFileSync(
    project,
    JSON.stringify({ extends: resolve("tsconfig.json"), compilerOptions, include: [], files }),
  );
  return run([process.execPath, "node_modules/typescript/bin/tsc", "-p", project]).output;
}

/** A process that has ended. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  /** Of standard output and error. */
  readonly output: string;
}

/** Runs a command to its end. */
export function run(
  [command, ...args]: readonly [string, ...string[]],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Run {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    ...options,
    encoding: "utf8",
    maxBuffer: Infinity,
    env: { ...process.env, ...options.env, NO_COLOR: "1" },
  });
  if (error) throw error;
  return { status, stdout, output: stdout + stderr };
}
