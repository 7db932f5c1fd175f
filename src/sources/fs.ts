import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ReplayableSource } from "../decode/replayable_source.ts";
import type { Extent } from "./extent.ts";
import { explain, gunzip, isGzip, readFailure, skip, toStream } from "./byte_chunks.ts";

export type { Extent } from "./extent.ts";

/** How much is read at once where it is for us to say. */
const CHUNK_BYTES = 1 << 18;

/**
 * A file of JSON lines, plain or gzip, in Node, Deno and Bun: a {@linkcode ReplayableSource}, so a run
 * over it goes on where the one before left off, and adds nothing if there is nothing new.
 *
 * Places in it are places in the plain text. A plain file may grow between two runs; one that is
 * compressed is read from its beginning each time, as gzip has to be.
 *
 * In Deno it needs `--allow-read` for the file.
 *
 * @example
 * ```ts
 * import { FsSource } from "sluice/sources/fs";
 *
 * const source = new FsSource("events.ndjson"); // or new URL("./events.ndjson.gz", import.meta.url)
 * console.log(source.extent.position); // 0: it is opened when a run begins
 * ```
 */
export class FsSource implements ReplayableSource {
  /** The absolute path, unless another was given. */
  readonly id: string;
  /** How far it was read: in bytes as they are stored, of gzip the compressed ones. */
  readonly extent: Extent = { position: 0, size: undefined };
  readonly #name: string;
  readonly #path: string;

  /**
   * @param path A relative one counts from the current directory of now.
   * @param options.id Names the source in the table, for a file that is moved.
   * @throws {TypeError} If it is a URL that is no `file:` URL.
   */
  constructor(path: string | URL, options: { readonly id?: string } = {}) {
    this.#name = String(path);
    this.#path = resolve(path instanceof URL ? fileURLToPath(path) : path);
    this.id = options.id ?? this.#path;
  }

  /** @throws {Error} If it cannot be read: says which file, and why. */
  async open(offset: number): Promise<ReadableStream<Uint8Array>> {
    const file = await OpenFile.open(this.#path, this.extent).catch((cause) => {
      throw readFailure(this.#name, cause);
    });
    if (!file.isCompressed) return toByteStream(file.from(offset), this.#name);
    const chunks = skip(gunzip(chunksOf(file.from(0))), offset);
    return toStream(explain(chunks, this.#name), () => void file.close());
  }
}

/** A file that is read from some place on. */
class OpenFile {
  readonly isCompressed: boolean;
  readonly #handle: FileHandle;
  readonly #extent: Extent;
  #position = 0;

  private constructor(handle: FileHandle, extent: Extent, isCompressed: boolean) {
    this.#handle = handle;
    this.#extent = extent;
    this.isCompressed = isCompressed;
  }

  static async open(path: string, extent: Extent): Promise<OpenFile> {
    const handle = await open(path);
    try {
      const head = new Uint8Array(2);
      await handle.read(head, 0, 2, 0);
      extent.size = (await handle.stat()).size;
      return new OpenFile(handle, extent, isGzip(head));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Goes to a place. */
  from(position: number): this {
    this.#extent.position = this.#position = position;
    return this;
  }

  /** Reads what comes next, and says how many bytes that were; 0 at the end. */
  async readInto(bytes: Uint8Array): Promise<number> {
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, this.#position);
    this.#extent.position = this.#position += bytesRead;
    return bytesRead;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Whoever reads the stream may say where the bytes are to go, and so use a buffer again. */
function toByteStream(file: OpenFile, name: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_BYTES,
    async pull(controller) {
      const request = controller.byobRequest!; // there is one: see `autoAllocateChunkSize`
      try {
        const count = await file.readInto(request.view as Uint8Array);
        if (count === 0) {
          await file.close();
          controller.close();
        }
        request.respond(count);
      } catch (cause) {
        await file.close();
        throw readFailure(name, cause);
      }
    },
    cancel: () => file.close(),
  });
}

async function* chunksOf(file: OpenFile): AsyncGenerator<Uint8Array, void> {
  try {
    while (true) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const count = await file.readInto(chunk);
      if (count === 0) return;
      yield chunk.subarray(0, count);
    }
  } finally {
    await file.close();
  }
}
