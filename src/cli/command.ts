import type { EventEmitter } from "node:events";
import type { OptionTable } from "./arguments.ts";
import type { Stdin } from "./input.ts";
import type { Terminal } from "./status_lines.ts";

/** What a command has of the process it runs in. */
export interface CommandContext {
  readonly stdin: Stdin;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Emits `SIGINT` and `SIGTERM`, as `process` does. */
  readonly signals: Pick<EventEmitter, "on" | "off">;
}

/** A command: what its help says, and what it does. */
export interface Command {
  /** What comes after `sluice`. */
  readonly usage: string;
  /** What it does, in paragraphs. */
  readonly about: readonly string[];
  readonly options: OptionTable;
  readonly examples: readonly Example[];
  /** By exit code. */
  readonly exitCodes: Readonly<Record<number, string>>;
  /**
   * @param args What stands after the command's name.
   * @returns The exit code.
   * @throws {UsageError} If the arguments are not what they must be.
   */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}

/** A command line, and what it is good for. */
export interface Example {
  readonly what: string;
  readonly line: string;
}
