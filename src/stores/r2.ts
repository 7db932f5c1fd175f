import {
  type ObjectClient,
  type ObjectRange,
  ObjectStore,
  type ObjectStoreOptions,
} from "./object_store.ts";

/** Failures of R2 that may pass: not specified, internal, no service, client gone, throttled. */
const PASSING_CODES = ["0", "10001", "10043", "10054", "10058"];

/** Where the token of a put-if-absent is kept. */
const TOKEN = "sluice-put";

/** What an {@linkcode R2Store} takes. */
export type R2StoreOptions = ObjectStoreOptions;

/** What {@linkcode R2Store} uses of an object in R2. */
export interface R2ObjectLike {
  readonly key: string;
  readonly size: number;
  readonly customMetadata?: Record<string, string>;
}

/** What {@linkcode R2Store} uses of a binding to an R2 bucket: an `R2Bucket` is one. */
export interface R2BucketLike {
  /** Resolves to `null` if `onlyIf` did not hold. */
  put(
    key: string,
    value: Uint8Array,
    options?: { onlyIf?: Headers; customMetadata?: Record<string, string> },
  ): Promise<R2ObjectLike | null>;
  head(key: string): Promise<R2ObjectLike | null>;
  get(
    key: string,
    options?: { range?: ObjectRange },
  ): Promise<(R2ObjectLike & { arrayBuffer(): Promise<ArrayBuffer> }) | null>;
  list(options?: { prefix?: string; cursor?: string }): Promise<{
    readonly objects: readonly R2ObjectLike[];
    readonly truncated: boolean;
    readonly cursor?: string;
  }>;
  delete(key: string): Promise<void>;
}

/**
 * A {@linkcode Store} in a bucket of Cloudflare R2, by way of a Worker's binding.
 *
 * From outside of Workers, use `S3Store`. A bucket takes one write a second to any one key; tables
 * write each key once. A request that is under way does not end with its signal: the binding takes
 * none.
 *
 * @example
 * ```ts
 * import { type R2BucketLike, R2Store } from "sluice/stores/r2";
 *
 * export default {
 *   async fetch(_request: Request, env: { readonly BUCKET: R2BucketLike }): Promise<Response> {
 *     const store = new R2Store(env.BUCKET, { prefix: "tables/visits" });
 *     return new Response(await store.get("a.json") as BodyInit | undefined);
 *   },
 * };
 * ```
 */
export class R2Store extends ObjectStore {
  /**
   * Keeps values in a bucket.
   *
   * @throws {TypeError} If `prefix` is not a key.
   */
  constructor(bucket: R2BucketLike, options: R2StoreOptions = {}) {
    super(new R2Client(bucket), options);
  }
}

class R2Client implements ObjectClient {
  readonly #bucket: R2BucketLike;

  constructor(bucket: R2BucketLike) {
    this.#bucket = bucket;
  }

  async put(
    key: string,
    bytes: Uint8Array,
    { token }: { readonly token: string | undefined },
  ): Promise<boolean> {
    const put = token === undefined ? this.#bucket.put(key, bytes) : this.#bucket.put(key, bytes, {
      onlyIf: new Headers({ "if-none-match": "*" }),
      customMetadata: { [TOKEN]: token },
    });
    return await put !== null;
  }

  async head(key: string): Promise<{ size: number; token: string | undefined } | undefined> {
    const found = await this.#bucket.head(key);
    return found === null ? undefined : { size: found.size, token: found.customMetadata?.[TOKEN] };
  }

  async get(
    key: string,
    { range }: { readonly range?: ObjectRange },
  ): Promise<{ bytes: Uint8Array; size: number } | undefined> {
    try {
      const found = await this.#bucket.get(key, range && { range });
      if (found === null) return undefined;
      return { bytes: new Uint8Array(await found.arrayBuffer()), size: found.size };
    } catch (error) {
      if (range === undefined) throw error;
      // A range past the end is an error, as every range of an empty object is.
      const found = await this.#bucket.head(key);
      if (found === null) return undefined;
      if (found.size > ("suffix" in range ? 0 : range.offset)) throw error;
      return { bytes: new Uint8Array(0), size: found.size };
    }
  }

  async list(
    start: string,
    { cursor }: { readonly cursor: string | undefined },
  ): Promise<{ entries: readonly R2ObjectLike[]; cursor: string | undefined }> {
    const page = await this.#bucket.list({
      prefix: start,
      ...(cursor !== undefined && { cursor }),
    });
    return { entries: page.objects, cursor: page.truncated ? page.cursor : undefined };
  }

  delete(key: string): Promise<void> {
    return this.#bucket.delete(key);
  }

  mayPass(error: unknown): boolean {
    if (error instanceof TypeError) return false;
    const code = codeOf(error);
    return code === undefined || PASSING_CODES.includes(code);
  }
}

/** The code with which the message of an error of R2 ends. */
function codeOf(error: unknown): string | undefined {
  return /\((\d+)\)$/.exec((error as Error | undefined)?.message ?? "")?.[1];
}
