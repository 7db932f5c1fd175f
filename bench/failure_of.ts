import { spawnSync } from "node:child_process";

/** The last line of what a command complains of, or `undefined` if it succeeds. */
export function failureOf(command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) return error.message;
  if (status === 0) return undefined;
  return `${stderr}\n${stdout}`.trim().split("\n").at(-1) || `exit code ${status}`;
}
