import { AwsClient } from "aws4fetch";
import {
  type ObjectClient,
  type ObjectRange,
  ObjectStore,
  type ObjectStoreOptions,
} from "./object_store.ts";
import { elementsOf, textOf } from "./s3_xml.ts";
import type { StoreEntry } from "./store.ts";

/** Where the token of a put-if-absent is kept. */
const TOKEN = "x-amz-meta-sluice-put";

/** Answers that may be others later: timeout, conflict, too early, throttled, a server's trouble. */
const PASSING_STATUSES = [408, 409, 425, 429, 500, 502, 503, 504];

/** Errors of that kind with a status that says otherwise. */
const PASSING_CODES = ["RequestTimeout", "SlowDown"];

/** What an {@linkcode S3Store} takes. */
export interface S3StoreOptions extends ObjectStoreOptions {
  /**
   * URL of the service: `https://s3.eu-central-1.amazonaws.com`,
   * `https://ACCOUNT.r2.cloudflarestorage.com`, `http://localhost:9000`.
   */
  readonly endpoint: string | URL;
  /** Name of the bucket, which follows the endpoint as a path; omit it if the endpoint has it. */
  readonly bucket?: string | undefined;
  /** The region requests are signed for. Default `"us-east-1"`; R2 takes `"auto"`. */
  readonly region?: string | undefined;
  /** Who asks. */
  readonly accessKeyId: string;
  /** What requests are signed with. */
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** Default `globalThis.fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** An answer of an S3 server that is an error. */
export class S3ResponseError extends Error {
  override readonly name = "S3ResponseError";
  /** HTTP status of the answer. */
  readonly status: number;
  /** What S3 calls the error, such as `AccessDenied`; `undefined` if the answer does not say. */
  readonly code: string | undefined;

  constructor(status: number, code: string | undefined, message: string | undefined) {
    const what = [code, message].filter((text) => text).join(": ");
    super(`the S3 server answered ${status}${what && ` ${what}`}`);
    this.status = status;
    this.code = code;
  }
}

/**
 * A {@linkcode Store} in a bucket of Amazon S3, or of what speaks its protocol: Cloudflare R2,
 * Google Cloud Storage, Ceph, MinIO and others. It needs `fetch` and Web Crypto, nothing else.
 *
 * Put-if-absent, on which the exactness of a table rests, is the header `If-None-Match: *`. Some
 * servers pass over it. So before the first such put a store tries it on an object of its own
 * beside the key, which it deletes again; a server that does not hold to it fails the put, with
 * nothing written.
 *
 * A value is one request, of 5 GiB at most. Keys are up to 1024 bytes in UTF-8, with the prefix.
 * Errors of the server are the `cause` of a {@linkcode StoreError}, as {@linkcode S3ResponseError}.
 *
 * @example
 * ```ts
 * import { S3Store } from "sluice/stores/s3";
 *
 * const store = new S3Store({
 *   endpoint: "https://s3.eu-central-1.amazonaws.com",
 *   region: "eu-central-1",
 *   bucket: "tables",
 *   prefix: "visits",
 *   accessKeyId: "…",
 *   secretAccessKey: "…",
 * });
 * ```
 */
export class S3Store extends ObjectStore {
  /**
   * Keeps values in a bucket.
   *
   * @throws {TypeError} If `endpoint` is not a URL, or `prefix` not a key.
   */
  constructor(options: S3StoreOptions) {
    super(new S3Client(options), options);
  }
}

/** What a request is made of, but for its URL. */
interface S3Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
}

class S3Client implements ObjectClient {
  readonly #aws: AwsClient;
  readonly #bucketUrl: string;
  readonly #fetch: typeof fetch;
  /** Whether the server heeds conditions: asked once, before they are relied on. */
  #heedsConditions: Promise<void> | undefined;

  constructor({ endpoint, bucket, region = "us-east-1", sessionToken, ...rest }: S3StoreOptions) {
    const { accessKeyId, secretAccessKey } = rest;
    this.#aws = new AwsClient({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: "s3",
      region,
    });
    const base = new URL(endpoint).href.replace(/\/+$/, "");
    this.#bucketUrl = bucket === undefined ? base : `${base}/${bucket}`;
    // Called as a function: browsers refuse one with a `this` of ours.
    this.#fetch = rest.fetch ?? ((request) => fetch(request));
  }

  async put(
    key: string,
    bytes: Uint8Array,
    { token, signal }: {
      readonly token: string | undefined;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<boolean> {
    if (token === undefined) return await this.#put(key, bytes, {}, signal);
    this.#heedsConditions ??= this.#assertHeedsConditions(key).catch((error) => {
      this.#heedsConditions = undefined;
      throw error;
    });
    await this.#heedsConditions;
    return await this.#put(key, bytes, { "if-none-match": "*", [TOKEN]: token }, signal);
  }

  async head(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<{ size: number; token: string | undefined } | undefined> {
    const response = await this.#request(this.#urlOf(key), { method: "HEAD", signal });
    if (response.status === 404) return undefined;
    if (!response.ok) throw await errorOf(response);
    const size = response.headers.get("content-length");
    if (size === null) throw new TypeError("the S3 server gave no length");
    return { size: Number(size), token: response.headers.get(TOKEN) ?? undefined };
  }

  async get(
    key: string,
    { range, signal }: {
      readonly range?: ObjectRange;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<{ bytes: Uint8Array; size: number } | undefined> {
    const headers = range && { range: rangeHeader(range) };
    const response = await this.#request(this.#urlOf(key), { ...(headers && { headers }), signal });
    if (response.status === 416) {
      // A range that begins at the end or past it, as all do in an empty object.
      await response.body?.cancel();
      const found = await this.head(key, signal);
      return found && { bytes: new Uint8Array(0), size: found.size };
    }
    if (!response.ok) return await absentOrThrow(response);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (range === undefined) return { bytes, size: bytes.length };
    // A server need not heed a range.
    if (response.status === 200) return { bytes: cut(bytes, range), size: bytes.length };
    const size = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    if (size === undefined) throw new TypeError("the S3 server gave no Content-Range");
    return { bytes, size: Number(size) };
  }

  async list(
    start: string,
    { cursor, signal }: {
      readonly cursor: string | undefined;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<{ entries: readonly StoreEntry[]; cursor: string | undefined }> {
    const query = {
      ...(cursor !== undefined && { "continuation-token": cursor }),
      // XML cannot hold every character a key may have.
      "encoding-type": "url",
      "list-type": "2",
      prefix: start,
    };
    const text = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`).join("&");
    const response = await this.#request(`${this.#bucketUrl}?${text}`, { signal });
    if (!response.ok) throw await errorOf(response);
    const xml = await response.text();
    if (!xml.includes("</ListBucketResult>")) {
      throw new TypeError("the S3 server answered a list with something else");
    }
    const decode = textOf(xml, "EncodingType") === "url" ? decodeFormText : String;
    const entries = elementsOf(xml, "Contents").map((contents) => ({
      key: decode(textOf(contents, "Key")!),
      size: Number(textOf(contents, "Size")),
    }));
    if (textOf(xml, "IsTruncated") !== "true") return { entries, cursor: undefined };
    const next = textOf(xml, "NextContinuationToken");
    if (next === undefined) throw new TypeError("the S3 server cut a list short");
    return { entries, cursor: next };
  }

  async delete(key: string, signal: AbortSignal | undefined): Promise<void> {
    const response = await this.#request(this.#urlOf(key), { method: "DELETE", signal });
    if (!response.ok) await absentOrThrow(response);
    await response.body?.cancel();
  }

  mayPass(error: unknown): boolean {
    if (!(error instanceof S3ResponseError)) return !(error instanceof ConditionError);
    return PASSING_STATUSES.includes(error.status) || PASSING_CODES.includes(error.code ?? "");
  }

  async #put(
    key: string,
    bytes: Uint8Array,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const body = bytes as Uint8Array<ArrayBuffer>;
    const response = await this.#request(this.#urlOf(key), {
      method: "PUT",
      headers: {
        ...headers,
        "content-type": "application/octet-stream",
        // So that a body which is damaged on its way is refused.
        "x-amz-content-sha256": await sha256Of(body),
      },
      body,
      signal,
    });
    if (!response.ok && response.status !== 412) throw await errorOf(response);
    await response.body?.cancel();
    return response.ok;
  }

  /** Others may wait for it too, so it does not end with the signal of one. */
  async #assertHeedsConditions(key: string): Promise<void> {
    const trial = `${key}.${crypto.randomUUID()}`;
    const put = () => this.#put(trial, new Uint8Array(0), { "if-none-match": "*" }, undefined);
    try {
      await put();
      if (await put()) throw new ConditionError();
    } finally {
      await this.delete(trial, undefined);
    }
  }

  async #request(url: string, { signal, ...request }: S3Request): Promise<Response> {
    const init = { method: "GET", ...request, ...(signal && { signal }) };
    return await this.#fetch(await this.#aws.sign(url, init));
  }

  #urlOf(key: string): string {
    return `${this.#bucketUrl}/${key.split("/").map(encode).join("/")}`;
  }
}

/** The server takes a put-if-absent for a put. */
class ConditionError extends Error {
  constructor() {
    super("the S3 server does not heed If-None-Match, without which no put can be if absent");
  }
}

/** `undefined` for an object that is absent; any other error is thrown. */
async function absentOrThrow(response: Response): Promise<undefined> {
  const error = await errorOf(response);
  if (error.status !== 404 || error.code === "NoSuchBucket") throw error;
}

async function errorOf(response: Response): Promise<S3ResponseError> {
  const xml = await response.text();
  return new S3ResponseError(response.status, textOf(xml, "Code"), textOf(xml, "Message"));
}

/** Percent-encodes all but what RFC 3986 calls unreserved: what is sent is what is signed. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Some servers encode as forms do, where "+" is a space; all encode a plus sign. */
function decodeFormText(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function rangeHeader(range: ObjectRange): string {
  if ("suffix" in range) return `bytes=-${range.suffix}`;
  const { offset, length } = range;
  return `bytes=${offset}-${length === undefined ? "" : offset + length - 1}`;
}

function cut(bytes: Uint8Array, range: ObjectRange): Uint8Array {
  if ("suffix" in range) return bytes.slice(-range.suffix);
  const { offset, length } = range;
  return bytes.slice(offset, length === undefined ? undefined : offset + length);
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
