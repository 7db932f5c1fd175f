import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { ReplayableSource } from "../decode/replayable_source.ts";
import {
  explain,
  type Extent,
  gunzip,
  isGzip,
  measure,
  readFailure,
  readLazily,
  skip,
  toStream,
} from "./byte_chunks.ts";

const CHUNK_BYTES = 1 << 18;

/** A file of JSON lines, plain or gzip. Places in it are places in the plain text. */
export class FileSource implements ReplayableSource {
  readonly id: string;
  readonly extent: Extent = { position: 0, size: undefined };
  readonly #name: string;
  readonly #path: string;

  /** @param id The absolute path unless given. */
  constructor(name: string, id?: string) {
    this.#name = name;
    this.#path = resolve(name);
    this.id = id ?? this.#path;
  }

  async open(offset: number): Promise<ReadableStream<Uint8Array>> {
    const { isCompressed, size } = await this.#look();
    const start = isCompressed ? 0 : offset;
    this.extent.size = size;
    this.extent.position = start;
    const { chunks, stop } = readLazily(() =>
      createReadStream(this.#path, { start, highWaterMark: CHUNK_BYTES })
    );
    const bytes = measure(chunks, this.extent);
    return toStream(explain(isCompressed ? skip(gunzip(bytes), offset) : bytes, this.#name), stop);
  }

  async #look(): Promise<{ isCompressed: boolean; size: number }> {
    try {
      const file = await open(this.#path);
      try {
        const head = new Uint8Array(2);
        await file.read(head, 0, 2, 0);
        return { isCompressed: isGzip(head), size: (await file.stat()).size };
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw readFailure(this.#name, cause);
    }
  }
}
