import { inspect } from "node:util";
import { UsageError } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { errorText } from "./error_text.ts";
import { commandHelp, definitions } from "./help.ts";
import { OutputClosedError, print } from "./output.ts";
import { StoppedError } from "./stop_signals.ts";
import { VERSION } from "./version.ts";

interface CommandEntry {
  readonly summary: string;
  /** Loads the command, with what it needs of the library: some do without the heavy parts. */
  load(): Promise<Command>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  write: {
    summary: "Writes JSON events as partitioned Parquet.",
    load: async () => (await import("./write.ts")).write,
  },
  ls: {
    summary: "Lists the partitions of a table.",
    load: async () => (await import("./ls.ts")).ls,
  },
  cat: {
    summary: "Prints the rows of a table or of a Parquet file as JSON lines.",
    load: async () => (await import("./cat.ts")).cat,
  },
  zip: {
    summary: "Prints a table as a zip archive.",
    load: async () => (await import("./zip.ts")).zip,
  },
  compact: {
    summary: "Merges small files of a table into larger ones.",
    load: async () => (await import("./compact.ts")).compact,
  },
  vacuum: {
    summary: "Deletes files that are no longer part of a table.",
    load: async () => (await import("./vacuum.ts")).vacuum,
  },
  simulate: {
    summary: "Prints fake web events as JSON lines.",
    load: async () => (await import("./simulate.ts")).simulate,
  },
};

/**
 * The command line.
 *
 * @param args What stands after `sluice`.
 * @returns The exit code, when all output is written.
 */
export async function sluice(args: readonly string[], context: CommandContext): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined) throw new UsageError("No command was given");
    if (name === "help" || isHelp(name)) return await help(rest, context);
    if (name === "--version") return await say(context, `sluice ${VERSION}\n`);
    const command = await loadCommand(name);
    if (asksForHelp(rest)) return await say(context, commandHelp(command));
    return await command.run(rest, context);
  } catch (error) {
    return await explain(error, name, context).catch(() => 1); // nobody reads the errors either
  }
}

async function help(topics: readonly string[], context: CommandContext): Promise<number> {
  const topic = topics.find((topic) => !topic.startsWith("-"));
  const text = topic === undefined ? overview() : commandHelp(await loadCommand(topic));
  return await say(context, text);
}

function overview(): string {
  const summaries = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  return "Streams to partitioned Parquet, windowed by event time.\n\n" +
    "Usage: sluice COMMAND [OPTION]...\n\n" +
    `Commands:\n${definitions(summaries)}\n` +
    "Options:\n  --help     Prints this help; after a command, that of the command.\n" +
    "  --version  Prints the version.\n\n" +
    "Examples:\n" +
    "  sluice simulate --events 10000 > events.ndjson\n" +
    "  sluice write events.ndjson --out out --time event_timestamp --partition-by page_url_path\n" +
    "  sluice ls out\n\n" +
    "SLUICE_DEBUG=1 in the environment prints where an error comes from.\n";
}

async function loadCommand(name: string): Promise<Command> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    throw new UsageError(
      `Unknown command: it must be one of ${Object.keys(COMMANDS).join(", ")}: ` +
        `current value is ${JSON.stringify(name)}`,
    );
  }
  return await entry.load();
}

async function say({ stdout }: CommandContext, text: string): Promise<number> {
  await print(stdout, text);
  return 0;
}

function isHelp(argument: string): boolean {
  return argument === "--help" || argument === "-h";
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some(isHelp);
}

/** Says what went wrong, in one line, and which exit code that is. */
async function explain(
  error: unknown,
  name: string | undefined,
  { stderr, env }: CommandContext,
): Promise<number> {
  if (error instanceof OutputClosedError) return 0;
  await print(stderr, `sluice: ${errorText(error)}\n`);
  if (env["SLUICE_DEBUG"] === "1") await print(stderr, `${inspect(error)}\n`);
  if (error instanceof UsageError) {
    const topic = name !== undefined && Object.hasOwn(COMMANDS, name) ? `${name} ` : "";
    await print(stderr, `Try "sluice ${topic}--help".\n`);
    return 2;
  }
  return error instanceof StoppedError ? error.exitCode : 1;
}
