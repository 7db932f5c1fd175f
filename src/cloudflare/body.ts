import { joinBytes } from "../join_bytes.ts";
import { HttpError, RETRY_AFTER } from "./http_error.ts";

/** What bodies may be. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
}

/**
 * What a request under way takes beside its body: what the runtime and the shards' answers need.
 * Without it, small requests would pile up by the thousand before their bodies are too much.
 */
export const REQUEST_BYTES: number = 64 << 10;
/** A refused body that is no longer than this is read, as that takes less than a new connection. */
const MAX_IGNORED_BYTES = 64 << 10;
const MAX_IGNORING_MS = 1_000;

/** How many bytes requests under way may hold together. */
export class Budget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws {HttpError} 429, if there is no room; one request alone always has it. */
  take(bytes: number, own: number): void {
    if (this.#bytes > own && this.#bytes + bytes > this.#maxBytes) {
      throw new HttpError(
        429,
        `Too much is being sent at once. Send the same again after a while. Nothing was taken.`,
        { headers: RETRY_AFTER },
      );
    }
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }
}

/** Counts what one request holds. */
export class Share {
  readonly #budget: Budget;
  #bytes = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  take(bytes: number): void {
    this.#budget.take(bytes, this.#bytes);
    this.#bytes += bytes;
  }

  /** Gives everything back. */
  release(): void {
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
  }
}

/**
 * The body of a request, uncompressed. No more than the limit is ever held, whatever a compressed
 * body would become.
 *
 * @throws {HttpError} 400, 408, 413, 415 or 429.
 */
export async function readBody(
  request: Request,
  share: Share,
  limits: BodyLimits,
): Promise<Uint8Array> {
  const { maxBodyBytes, bodyTimeoutMs } = limits;
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "gzip" && encoding !== "identity" && encoding !== "") {
    throw new HttpError(
      415,
      `The content-encoding ${JSON.stringify(encoding)} is not known. Send gzip, or nothing.`,
    );
  }
  const length = request.headers.get("content-length");
  if (Number(length ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  if (request.body === null) return new Uint8Array(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow(bodyTimeoutMs)), bodyTimeoutMs);
  });
  late.catch(() => {});
  if (length !== null && encoding !== "gzip") {
    try {
      share.take(Number(length));
      return new Uint8Array(await Promise.race([request.arrayBuffer(), late]));
    } catch (error) {
      throw error instanceof HttpError ? error : unreadable(error);
    } finally {
      clearTimeout(timer);
    }
  }
  const reader = request.body.getReader();
  const arriving = limited(reader, { maxBodyBytes, late, share });
  try {
    return await gather(encoding === "gzip" ? gunzip(arriving, maxBodyBytes, share) : arriving);
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error instanceof HttpError ? error : unreadable(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads what is left of a body that nobody wants, if it is short: a connection on which something is
 * still to come is closed with the answer, which then may not arrive, and the next request needs
 * another one.
 */
export async function ignoreBody({ headers, body, bodyUsed }: Request): Promise<void> {
  const length = Number(headers.get("content-length") ?? Infinity);
  if (body === null || bodyUsed || body.locked || !(length <= MAX_IGNORED_BYTES)) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, MAX_IGNORING_MS));
  try {
    await Promise.race([new Response(body).arrayBuffer(), late]);
  } catch {
    // Its sender has gone.
  } finally {
    clearTimeout(timer);
  }
}

async function* limited(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { maxBodyBytes, late, share }: {
    readonly maxBodyBytes: number;
    readonly late: Promise<never>;
    readonly share: Share;
  },
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  for (;;) {
    const { done, value } = await Promise.race([reader.read(), late]);
    if (done) return;
    bytes += value.length;
    if (bytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
    share.take(value.length);
    yield value;
  }
}

async function* gunzip(
  compressed: AsyncIterable<Uint8Array>,
  maxBodyBytes: number,
  share: Share,
): AsyncGenerator<Uint8Array, void, void> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  let failure: unknown;
  const fed = (async () => {
    try {
      for await (const chunk of compressed) await writer.write(chunk as Uint8Array<ArrayBuffer>);
      await writer.close();
    } catch (error) {
      failure = error;
      await writer.abort(error).catch(() => {});
    }
  })();
  const reader = readable.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (bytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
      share.take(value.length);
      yield value;
    }
    await fed;
    if (failure !== undefined) throw failure;
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    const reason = failure instanceof HttpError ? failure : error;
    if (reason instanceof HttpError) throw reason;
    throw new HttpError(400, "The body is not valid gzip. Nothing was taken.", { cause: error });
  }
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return pieces.length === 1 ? pieces[0]! : joinBytes(pieces);
}

function tooLarge(maxBodyBytes: number): HttpError {
  return new HttpError(
    413,
    `The body has more than ${maxBodyBytes} bytes, compressed or not. Send the events in several ` +
      `requests. Nothing was taken.`,
  );
}

function tooSlow(bodyTimeoutMs: number): HttpError {
  return new HttpError(
    408,
    `The body did not arrive within ${bodyTimeoutMs} ms. Send less at once. Nothing was taken.`,
  );
}

function unreadable(cause: unknown): HttpError {
  return new HttpError(400, "The body could not be read to its end. Nothing was taken.", { cause });
}
