import type { OptionTable } from "./arguments.ts";
import type { Command } from "./command.ts";

const WIDTH = 88;

/** The help of a command. */
export function commandHelp(command: Command): string {
  const { usage, about, options, examples, exitCodes } = command;
  const sections = [
    fold(`Usage: sluice ${usage}`, { indent: 9 }),
    ...about.map((paragraph) => fold(paragraph)),
    `Options:\n${definitions(optionTerms(options))}`,
    `Examples:\n${examples.map(({ what, line }) => `  # ${what}\n  ${line}\n`).join("\n")}`
      .trimEnd(),
    `Exit codes:\n${definitions(Object.entries(exitCodes))}`,
  ];
  return sections.map((section) => section.trimEnd()).join("\n\n") + "\n";
}

function optionTerms(options: OptionTable): [term: string, text: string][] {
  const terms = Object.entries(options).map(([name, { value, help }]): [string, string] => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ]);
  return [...terms, ["--help", "Prints this help."]];
}

/** Terms and what they mean, in two columns. */
export function definitions(entries: readonly (readonly [term: string, text: string])[]): string {
  const width = Math.max(...entries.map(([term]) => term.length)) + 4;
  return entries.map(([term, text]) => fold(`  ${term}`.padEnd(width) + text, { indent: width }))
    .join("");
}

/** Breaks a text into lines between words; those after the first are indented. */
function fold(text: string, { indent = 0 } = {}): string {
  let folded = "";
  let line = "";
  for (const word of text.split(/(?<=\S)(?= )/)) {
    if (line.length + word.length > WIDTH && line.trim() !== "") {
      folded += `${line.trimEnd()}\n`;
      line = " ".repeat(indent) + word.trimStart();
    } else {
      line += word;
    }
  }
  return `${folded}${line.trimEnd()}\n`;
}
