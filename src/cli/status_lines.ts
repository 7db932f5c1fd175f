import type { Writable } from "node:stream";

/** An output that may be a terminal. */
export interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Lines at the bottom of a terminal that are drawn over each other. */
export class StatusLines {
  readonly #terminal: Terminal;
  #drawn = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws lines in place of the ones before. */
  draw(lines: readonly string[]): void {
    const columns = this.#terminal.columns || 80; // some terminals say 0
    this.clear();
    this.#terminal.write(lines.map((line) => line.slice(0, columns - 1)).join("\n"));
    this.#drawn = lines.length;
  }

  /** Removes the lines. To be called before anything else is written. */
  clear(): void {
    if (this.#drawn === 0) return;
    // Up to the first line, then erase all from there (ECMA-48: CUU, ED).
    this.#terminal.write(`\r${this.#drawn > 1 ? `\x1b[${this.#drawn - 1}A` : ""}\x1b[J`);
    this.#drawn = 0;
  }
}

/** Whether lines can be drawn over each other there. */
export function canRedraw(
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return terminal.isTTY === true && env["TERM"] !== "dumb";
}
