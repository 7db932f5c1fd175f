import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Outcome } from "./bench_options.ts";

const RESULTS = "bench/RESULTS.md";
const PREFACE = `# Results

Written by \`npm run bench -- --save\`; see [README.md](README.md) for what is measured and how.
`;

/** Prints an outcome, and writes it where it was asked for. */
export function publish(
  outcome: Outcome,
  options: { readonly save: boolean; readonly jsonFile: string | undefined },
): void {
  const { title, text, failures, data } = outcome;
  console.log(`\n## ${title}\n\n${text}`);
  for (const failure of failures) console.error(`FAILED: ${failure}`);
  if (options.jsonFile !== undefined) {
    writeFileSync(options.jsonFile, JSON.stringify(data, null, 2) + "\n");
  }
  if (options.save && failures.length === 0) saveSection(title, text);
}

/** Puts a section into the file of results, in place of the one of the same title. */
function saveSection(title: string, text: string): void {
  const saved = existsSync(RESULTS) ? readFileSync(RESULTS, "utf8") : PREFACE;
  const [preface, ...sections] = saved.split(/^## /m);
  const section = `${title}\n\n${text}\n`;
  const at = sections.findIndex((other) => other.startsWith(`${title}\n`));
  if (at < 0) sections.push(section);
  else sections[at] = section;
  const parts = [preface!.trimEnd() + "\n", ...sections.map((other) => `## ${other.trimEnd()}\n`)];
  writeFileSync(RESULTS, parts.join("\n"));
}
