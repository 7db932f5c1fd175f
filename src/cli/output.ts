import type { Writable } from "node:stream";
import { codeOf } from "../stores/fs_files.ts";

/** Whoever read the output has stopped: `| head`. Nothing more to do, and nothing wrong. */
export class OutputClosedError extends Error {
  override readonly name = "OutputClosedError";
}

/**
 * Writes, and waits until it is written: so memory stays bounded when the reader is slow.
 *
 * @throws {OutputClosedError} If nobody reads any more.
 */
export function print(output: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(data, (error) => {
      if (error === null || error === undefined) return resolve();
      const isClosed = ["EPIPE", "ERR_STREAM_DESTROYED"].includes(codeOf(error));
      reject(
        isClosed
          ? new OutputClosedError("Cannot write: the output is closed", { cause: error })
          : new Error("Cannot write the output", { cause: error }),
      );
    });
  });
}

/** A row is printed with others, this many characters at a time. */
const PIECE_LENGTH = 1 << 16;

/** Writes lines, some at a time. */
export async function printLines(output: Writable, lines: AsyncIterable<string>): Promise<void> {
  let piece = "";
  for await (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE_LENGTH) continue;
    await print(output, piece);
    piece = "";
  }
  if (piece !== "") await print(output, piece);
}
