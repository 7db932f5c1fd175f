import process from "node:process";
import type { DataSetName } from "./data_sets.ts";

/** What every benchmark takes. */
export interface BenchOptions {
  /** Which events, where a benchmark has the choice. */
  readonly data: DataSetName;
  readonly events: number;
  readonly rounds: number;
  /** Names of the contenders wanted; all when omitted. */
  readonly only: readonly string[] | undefined;
}

/** What came out of a benchmark. */
export interface Outcome {
  /** Heading of its section of the results. */
  readonly title: string;
  /** Markdown, without the heading. */
  readonly text: string;
  /** What was wrong: rows that differ, a bar that was missed. */
  readonly failures: readonly string[];
  /** Everything that was measured, for `--json`. */
  readonly data: unknown;
}

/** The named ones of the contenders. */
export function choose<T extends { readonly name: string }>(
  contenders: readonly T[],
  only: readonly string[] | undefined,
): readonly T[] {
  const names = contenders.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    console.error(`--only must list some of ${names.join(", ")}: current value has ${unknown}`);
    process.exit(2);
  }
  return only === undefined ? contenders : contenders.filter(({ name }) => only.includes(name));
}
