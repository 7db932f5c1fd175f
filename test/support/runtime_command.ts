// How tests start a program of theirs in each runtime.
import { join } from "node:path";
import process from "node:process";
import { build } from "esbuild";

/** The runtimes, by name. */
export const RUNTIMES = ["node", "deno", "bun"] as const;

export type Runtime = (typeof RUNTIMES)[number];

/** A program and what it is given. */
export interface Program {
  /** Its path, of TypeScript. */
  readonly path: string;
  readonly args: readonly string[];
  /** The one directory it may read and write, where the runtime can hold it to that. */
  readonly directory: string;
  /** Where to put what is made of it for Node, which does not run TypeScript. */
  readonly scratch: string;
}

/** The command that runs a program, and its arguments. */
export async function runtimeCommand(
  runtime: Runtime,
  { path, args, directory, scratch }: Program,
): Promise<[command: string, args: string[]]> {
  switch (runtime) {
    case "node": {
      const outfile = join(scratch, "fs_child.mjs");
      await build({
        entryPoints: [path],
        outfile,
        bundle: true,
        format: "esm",
        platform: "node",
        target: "node20",
      });
      return [process.execPath, [outfile, ...args]];
    }
    case "deno": {
      // All the rights it may need.
      const rights = [`--allow-read=${directory}`, `--allow-write=${directory}`, "--no-prompt"];
      return [
        "node_modules/.bin/deno",
        ["run", "--quiet", "--no-check", ...rights, path, ...args],
      ];
    }
    case "bun":
      return ["node_modules/.bin/bun", [path, ...args]];
  }
}
