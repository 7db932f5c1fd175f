import { type EventObject, linesOf } from "../decode/byte_stream.ts";
import { joinBytes } from "../join_bytes.ts";
import type { Journal } from "../journal/journal.ts";
import { atLeast } from "../options.ts";
import { type Duration, parseDuration } from "../window/duration.ts";
import { databaseSlots } from "./database_slots.ts";
import { adoptSlots, type JournalSlots, openFreeSlot, type OpenSlot } from "./journal_slots.ts";
import {
  type Batch,
  beaconBatch,
  postBatch,
  type PostOptions,
  type PostResult,
  type RefusedBatch,
  type TakenBatch,
} from "./post_batch.ts";

/** What `IngestClient.open` takes. */
export interface IngestClientOptions {
  /** Where events are posted: `https://…/v1/events`. */
  readonly url: string;
  /** The ingest's token. Whoever can read the page can read it. */
  readonly token?: string;
  /**
   * Name of the databases that events are kept in, one for each page that is open at a time;
   * `"sluice-client"` by default. Whoever opens them sends what they hold, so pages that send
   * elsewhere need another name.
   */
  readonly database?: string;
  /** Where events are kept instead of a database. */
  readonly journal?: Journal;
  /** How long events are gathered before they are sent; `"5s"` by default. */
  readonly gather?: Duration;
  /**
   * Most bytes that are sent together; 48 KiB by default. What is to be sent when a page is hidden
   * may have 64 KiB, by the rules of browsers.
   */
  readonly maxBatchBytes?: number;
  /** Hears of a batch whenever a request with it begins, also if it was sent before. */
  readonly onSend?: (batch: Batch) => void;
  /** Hears of a batch that the ingest has taken in, once no page will send it again. */
  readonly onTaken?: (taken: TakenBatch) => void;
  /** Hears of what an ingest will never take, which is then forgotten. */
  readonly onRefused?: (refused: RefusedBatch) => void;
  /** Hears why a batch could not be sent just now. It is sent again. */
  readonly onDelay?: (why: unknown) => void;
  /** Sends requests; the global one by default. */
  readonly fetch?: typeof fetch;
}

/** Longest wait before a batch is sent again. */
const MAX_DELAY_MS = 60_000;
/** What browsers let a page send while it is hidden. */
const MAX_HIDDEN_BYTES = 60_000;

/** A batch that is to be sent. */
interface WaitingBatch {
  readonly id: string;
  /** `undefined` if it is only in the journal. */
  readonly pieces: readonly Uint8Array[] | undefined;
}

/**
 * Sends events from a page to an ingest. They are kept in the page's storage until the ingest has
 * taken them in, through loss of the network, reloads and crashes, and each of them is taken in
 * once: a batch gets its id when it is begun, and is sent under it until it is answered.
 *
 * What is there when the page is hidden is sent then, by a request that outlives the page.
 *
 * @example
 * ```ts
 * import { IngestClient } from "sluice/client";
 * import { MemoryJournal } from "sluice";
 *
 * const client = await IngestClient.open({
 *   url: "https://ingest.example.org/v1/events",
 *   journal: new MemoryJournal(), // in a page: leave it out
 *   fetch: () => Promise.resolve(new Response("{}")),
 * });
 * await client.send({ page: "/home", event_timestamp: Date.now() });
 * await client.flush();
 * console.log(client.waitingBatches); // 0
 * await client.close();
 * ```
 */
export class IngestClient implements AsyncDisposable {
  readonly #options: IngestClientOptions;
  readonly #post: PostOptions;
  readonly #gatherMs: number;
  readonly #maxBatchBytes: number;
  readonly #own: OpenSlot;
  readonly #listening = new AbortController();
  /** What is being gathered. */
  #current: { id: string; pieces: Uint8Array[]; bytes: number } | undefined;
  /** Oldest first. */
  readonly #waiting: WaitingBatch[] = [];
  /** What is being sent since the page is hidden: bytes, by batch. */
  readonly #hidden: Map<string, number> = new Map();
  #sending: Promise<boolean> | undefined;
  #adopting: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #isClosed = false;

  private constructor(options: IngestClientOptions, own: OpenSlot) {
    const { url, token, gather = "5s", maxBatchBytes = 48 << 10 } = options;
    const send = options.fetch ?? ((...request) => fetch(...request));
    this.#options = options;
    this.#post = { url, token, fetch: send };
    this.#gatherMs = parseDuration(gather, "gather");
    this.#maxBatchBytes = atLeast(maxBatchBytes, "maxBatchBytes", 1);
    this.#own = own;
    for (const { segment } of own.contents.segments) {
      this.#waiting.push({ id: segment, pieces: undefined });
    }
  }

  /**
   * Takes up what earlier pages could not send, and begins to send it.
   *
   * @throws {TypeError | RangeError} If an option is not what it must be.
   * @throws {JournalError} If the page's storage cannot be used.
   */
  static async open(options: IngestClientOptions): Promise<IngestClient> {
    if (!URL.canParse(options.url)) {
      throw new TypeError(
        `Cannot use option "url": it must be a whole URL: current value is ${
          JSON.stringify(options.url)
        }`,
      );
    }
    const { journal, database = "sluice-client" } = options;
    const slots = journal === undefined ? databaseSlots(database) : undefined;
    const own = slots === undefined
      ? { slot: 0, journal: journal!, contents: await journal!.open(), release() {} }
      : await openFreeSlot(slots);
    let client: IngestClient;
    try {
      client = new IngestClient(options, own);
    } catch (error) {
      await own.journal.close();
      own.release();
      throw error;
    }
    client.#listen();
    if (slots !== undefined) client.#adopting = client.#adopt(slots);
    if (client.#waiting.length > 0) client.#schedule(0);
    return client;
  }

  /**
   * Takes an event, or several. Resolves when they are kept and will be sent, whatever happens to
   * the page.
   *
   * @throws {JournalError} If they cannot be kept. They are sent if the page stays long enough.
   */
  async send(events: EventObject | readonly EventObject[]): Promise<void> {
    if (this.#isClosed) throw new TypeError("Cannot send events: the client is closed");
    const payload = linesOf(events);
    if (payload.length === 0) return;
    if (this.#current !== undefined && this.#current.bytes + payload.length > this.#maxBatchBytes) {
      this.#endBatch();
      this.#schedule(0);
    }
    const current = this.#current ??= { id: crypto.randomUUID(), pieces: [], bytes: 0 };
    current.pieces.push(payload);
    current.bytes += payload.length;
    this.#schedule(this.#gatherMs);
    await this.#own.journal.append([{ segment: current.id, payload }]);
  }

  /** Sends what there is now. Resolves to whether all of it was answered. */
  async flush(): Promise<boolean> {
    this.#endBatch();
    while (this.#waiting.length > 0) {
      if (!await this.#sendWaiting()) return false;
    }
    return true;
  }

  /** How many batches are not answered yet, without the one that is being gathered. */
  get waitingBatches(): number {
    return this.#waiting.length;
  }

  /**
   * The batches that are not answered yet, oldest first, and what is being gathered: all that is
   * kept here, also of earlier pages.
   *
   * @throws {JournalError} If it cannot be read.
   */
  async *waiting(): AsyncGenerator<Batch, void, void> {
    for (const waiting of [...this.#waiting]) {
      if (!this.#waiting.includes(waiting)) continue; // it was answered meanwhile
      yield { id: waiting.id, body: await this.#bodyOf(waiting) };
    }
    const current = this.#current;
    if (current !== undefined) yield { id: current.id, body: joinBytes(current.pieces) };
  }

  /** Stops sending. What was not answered is sent by the next page. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listening.abort();
    clearTimeout(this.#timer);
    await this.#sending;
    await this.#adopting;
    await this.#own.journal.close();
    this.#own.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** From here on the batch has all it will ever have. */
  #endBatch(): void {
    if (this.#current === undefined) return;
    this.#waiting.push(this.#current);
    this.#current = undefined;
  }

  #sendWaiting(): Promise<boolean> {
    this.#sending ??= this.#sendAll().finally(() => this.#sending = undefined);
    return this.#sending;
  }

  /** Sends batches, oldest first, until one is not answered. @returns Whether none is left. */
  async #sendAll(): Promise<boolean> {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const waiting = this.#waiting[0]!;
      try {
        const batch = { id: waiting.id, body: await this.#bodyOf(waiting) };
        if (this.#waiting[0] !== waiting) continue; // it was answered meanwhile
        const result = await this.#request(batch);
        if (result.status === "later") {
          this.#delay(result.why, result.afterMs);
          return false;
        }
        await this.#settle(waiting, result);
        this.#failures = 0;
      } catch (error) {
        this.#delay(error, 0);
        return false;
      }
    }
    return this.#waiting.length === 0;
  }

  #request(batch: Batch, init?: RequestInit): Promise<PostResult> {
    this.#options.onSend?.(batch);
    return postBatch(batch, this.#post, init);
  }

  async #bodyOf({ id, pieces }: WaitingBatch): Promise<Uint8Array> {
    const found = [...pieces ?? []];
    if (pieces === undefined) {
      for await (const payload of this.#own.journal.read(id)) found.push(payload);
    }
    return joinBytes(found);
  }

  /** Forgets a batch that needs to be sent no more, and says why. */
  async #settle(waiting: WaitingBatch, result: PostResult): Promise<void> {
    const at = this.#waiting.indexOf(waiting);
    if (result.status === "later" || at === -1) return; // or it was answered twice
    this.#waiting.splice(at, 1);
    await this.#own.journal.delete([waiting.id]);
    if (result.status === "refused") this.#options.onRefused?.(result.refused);
    else this.#options.onTaken?.(result.taken);
  }

  #delay(why: unknown, afterMs: number): void {
    const delayMs = Math.min(1000 * 2 ** this.#failures++, MAX_DELAY_MS);
    this.#options.onDelay?.(why);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule(Math.max(afterMs, delayMs * (0.5 + Math.random() / 2)));
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    if (delayMs === 0) clearTimeout(this.#timer);
    else if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, delayMs);
  }

  #listen(): void {
    if (typeof document === "undefined") return;
    const { signal } = this.#listening;
    addEventListener("online", () => void this.flush(), { signal });
    addEventListener("pagehide", () => this.#hide(), { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#hide();
      else this.#hidden.clear();
    }, { signal });
  }

  /** Sends what there is room for, at once: the page may be gone in a moment. */
  #hide(): void {
    this.#endBatch();
    // A page that is closed is hidden twice: by its visibility, and by going.
    let room = [...this.#hidden.values()].reduce((left, bytes) => left - bytes, MAX_HIDDEN_BYTES);
    for (const waiting of [...this.#waiting]) {
      if (waiting.pieces === undefined || this.#hidden.has(waiting.id)) continue;
      const body = joinBytes(waiting.pieces);
      if (body.length > room) break;
      room -= body.length;
      const batch = { id: waiting.id, body };
      if (this.#post.token === undefined && !("keepalive" in Request.prototype)) {
        this.#options.onSend?.(batch);
        if (beaconBatch(batch, this.#post)) this.#hidden.set(batch.id, body.length);
        continue;
      }
      this.#hidden.set(batch.id, body.length);
      void this.#request(batch, { keepalive: true })
        .then((result) => this.#settle(waiting, result))
        .catch(() => {}) // it is sent again
        .finally(() => this.#hidden.delete(batch.id));
    }
  }

  async #adopt(slots: JournalSlots): Promise<void> {
    try {
      const isKnown = (id: string): boolean => this.#waiting.some((waiting) => waiting.id === id);
      for (const id of await adoptSlots(slots, this.#own, isKnown)) {
        this.#waiting.push({ id, pieces: undefined });
      }
      if (this.#waiting.length > 0) this.#schedule(0);
    } catch (error) {
      this.#options.onDelay?.(error); // the next page tries again
    }
  }
}
