import type { ReplayableSource } from "../decode/replayable_source.ts";
import {
  type ByteChunks,
  explain,
  gunzip,
  isGzip,
  measure,
  peek,
  readFailure,
  skip,
  toStream,
} from "../sources/byte_chunks.ts";
import type { Extent } from "../sources/extent.ts";

/**
 * What an HTTP server has at a URL: JSON lines, plain or gzip. Places in it are places in the plain
 * text; where the server takes `Range`, it is not asked for what lies before.
 */
export class UrlSource implements ReplayableSource {
  readonly id: string;
  readonly extent: Extent = { position: 0, size: undefined };
  readonly #url: string;
  /** Whether the bytes the server has are the text itself: a range of gzip would be of no use. */
  #isPlain: boolean | undefined;

  /** @param id The URL unless given. */
  constructor(url: string, id?: string) {
    this.#url = url;
    this.id = id ?? new URL(url).href;
  }

  async open(offset: number, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const connection = new AbortController();
    const signals = signal === undefined ? [] : [signal];
    const either = AbortSignal.any([...signals, connection.signal]);
    try {
      const chunks = await this.#open(offset, either);
      return toStream(explain(chunks, this.#url), () => connection.abort());
    } catch (error) {
      connection.abort();
      signal?.throwIfAborted();
      throw readFailure(this.#url, error);
    }
  }

  async #open(offset: number, signal: AbortSignal): Promise<ByteChunks> {
    if (offset > 0 && this.#isPlain === undefined) await (await this.open(0, signal)).cancel();
    let response = await this.#fetch(offset > 0 && this.#isPlain ? offset : undefined, signal);
    if (response.status !== 200) {
      const rest = this.#rest(response, offset);
      if (rest !== undefined) return rest;
      await response.body?.cancel();
      response = await this.#fetch(undefined, signal);
    }
    this.extent.position = 0;
    this.extent.size = lengthOf(response);
    const { head, chunks } = await peek(measure(wholeBody(response), this.extent), 2);
    this.#isPlain = !isEncoded(response) && !isGzip(head);
    return skip(isGzip(head) ? gunzip(chunks) : chunks, offset);
  }

  /** The text from `offset` on, if that is what the server sends. */
  #rest(response: Response, offset: number): ByteChunks | undefined {
    const range = response.headers.get("content-range") ?? "";
    const [, start, size] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(range) ?? [];
    const isRest = response.status === 206 && Number(start) === offset;
    const isNothing = response.status === 416 && Number(size) === offset;
    if (!isRest && !isNothing) return undefined;
    this.extent.position = offset;
    this.extent.size = Number(size);
    return isRest ? measure(wholeBody(response), this.extent) : nothing();
  }

  async #fetch(start: number | undefined, signal: AbortSignal): Promise<Response> {
    // What is compressed for the transfer alone could not be continued with `Range`.
    const headers = new Headers({ "accept-encoding": "identity" });
    if (start !== undefined) headers.set("range", `bytes=${start}-`);
    const response = await fetch(this.#url, { headers, signal });
    const isExpected = response.status === 200 ||
      (start !== undefined && [206, 416].includes(response.status));
    if (isExpected) return response;
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
  }
}

/** The body, with an error when it ends before the length that the server said. */
async function* wholeBody(response: Response): AsyncGenerator<Uint8Array, void> {
  const length = lengthOf(response);
  let received = 0;
  try {
    for await (const chunk of response.body ?? nothing()) {
      received += chunk.length;
      yield chunk;
    }
  } catch (cause) {
    throw new Error(`the connection broke after ${received} bytes`, { cause });
  }
  if (length !== undefined && received < length) {
    throw new Error(`the connection broke after ${received} of ${length} bytes`);
  }
}

/** Bytes of the body, if that is known: `fetch` decodes, so what was encoded has another length. */
function lengthOf(response: Response): number | undefined {
  const length = response.headers.get("content-length");
  return length === null || isEncoded(response) ? undefined : Number(length);
}

function isEncoded({ headers }: Response): boolean {
  return !["identity", null].includes(headers.get("content-encoding"));
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}
