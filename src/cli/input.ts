import { createReadStream, fstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { ReplayableSource } from "../decode/replayable_source.ts";
import { UsageError } from "./arguments.ts";
import {
  type ByteChunks,
  explain,
  gunzip,
  isGzip,
  measure,
  peek,
  readFailure,
  readLazily,
  toStream,
} from "../sources/byte_chunks.ts";
import type { Extent } from "../sources/extent.ts";
import { FsSource } from "../sources/fs.ts";
import { UrlSource } from "./url_source.ts";

/** Where events come from. */
export interface Input {
  /** What it is called in messages. */
  readonly name: string;
  readonly source: ReplayableSource | ReadableStream<Uint8Array>;
  /** How far it is read. */
  readonly extent: Extent;
}

/** Standard input. */
export interface Stdin extends Readable {
  readonly isTTY?: boolean;
  readonly fd?: number;
}

/**
 * Opens what was given as INPUT. Files and URLs can be read again; standard input cannot, nor can a
 * named pipe or a device.
 *
 * @throws {UsageError} If a source that cannot be read again is to have an id.
 */
export async function openInput(
  input: string,
  { stdin, sourceId }: { readonly stdin: Stdin; readonly sourceId: string | undefined },
): Promise<Input> {
  if (/^https?:\/\//i.test(input)) {
    if (!URL.canParse(input)) throw new UsageError(`Cannot read ${input}: it is not a URL`);
    return toInput(input, new UrlSource(input, sourceId));
  }
  if (input !== "-") {
    const status = await stat(input).catch((cause) => {
      throw readFailure(input, cause);
    });
    if (status.isDirectory()) throw new Error(`Cannot read ${input}: it is a directory`);
    if (status.isFile()) {
      return toInput(input, new FsSource(input, sourceId === undefined ? {} : { id: sourceId }));
    }
  }
  if (sourceId !== undefined) {
    throw new UsageError(
      `Cannot use --source-id: only a file or a URL can be read again: ` +
        `current input is ${input === "-" ? "standard input" : input}`,
    );
  }
  if (input !== "-") return openOnce(() => createReadStream(input), input);
  if (stdin.fd !== undefined && fstatSync(stdin.fd).isDirectory()) {
    throw new Error("Cannot read standard input: it is a directory"); // to Node it has just ended
  }
  return openOnce(() => stdin, "standard input");
}

function toInput(name: string, source: FsSource | UrlSource): Input {
  return { name, source, extent: source.extent };
}

function openOnce(make: () => Readable, name: string): Input {
  const extent: Extent = { position: 0, size: undefined };
  const { chunks, stop } = readLazily(make);
  const bytes = explain(gunzipIfGzip(measure(chunks, extent)), name);
  return { name, source: toStream(bytes, stop), extent };
}

async function* gunzipIfGzip(chunks: ByteChunks): AsyncGenerator<Uint8Array, void> {
  const peeked = await peek(chunks, 2);
  yield* isGzip(peeked.head) ? gunzip(peeked.chunks) : peeked.chunks;
}
