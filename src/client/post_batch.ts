/** Events that are sent together, under an id that they keep. */
export interface Batch {
  readonly id: string;
  /** JSON lines. The same bytes each time it is sent, or an ingest would refuse it. */
  readonly body: Uint8Array;
}

/** A batch that an ingest has taken in. */
export interface TakenBatch extends Batch {
  /** How many of its events the ingest keeps as dead letters. */
  readonly deadLettered: number;
  /** The first of them, and why they are. */
  readonly deadLetters: readonly TakenDeadLetter[];
}

/** An event that an ingest keeps as a dead letter. */
export interface TakenDeadLetter {
  /** Number of its line in the batch, from 1. */
  readonly line: number;
  /** Such as `missing-time`. */
  readonly reason: string;
  /** The same in words. */
  readonly message: string;
}

/** A batch that an ingest will never take. */
export interface RefusedBatch extends Batch {
  /** HTTP status: 400, 413 or 415. */
  readonly status: number;
  /** What the ingest said. */
  readonly message: string;
}

/** Where batches are sent, and how. */
export interface PostOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
}

/** What became of a batch that was sent. */
export type PostResult =
  | { readonly status: "taken"; readonly taken: TakenBatch }
  | { readonly status: "refused"; readonly refused: RefusedBatch }
  /** It is to be sent again, no sooner than after so long. */
  | { readonly status: "later"; readonly afterMs: number; readonly why: unknown };

const NEVER = [400, 413, 415];

/** Sends a batch. Never fails: no answer is one of the results. */
export async function postBatch(
  batch: Batch,
  options: PostOptions,
  init: RequestInit = {},
): Promise<PostResult> {
  let response: Response;
  try {
    response = await options.fetch(batchUrl(batch, options), {
      ...init,
      method: "POST",
      headers: {
        // A plain text needs no question beforehand where there is no token either.
        "content-type": options.token === undefined ? "text/plain" : "application/x-ndjson",
        ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
      },
      body: batch.body as BodyInit,
    });
  } catch (why) {
    return { status: "later", afterMs: 0, why };
  }
  const text = await response.text().catch(() => "");
  const answer = parsed(text);
  // A conflict: it was taken in before, by a page that had more of it than was kept.
  if (response.ok || response.status === 409) {
    const { deadLettered = 0, deadLetters = [] } = answer;
    return { status: "taken", taken: { ...batch, deadLettered, deadLetters } };
  }
  const message = answer.error?.message ?? text;
  const why = new Error(`Cannot send a batch: the ingest answers ${response.status}: ${message}`);
  if (NEVER.includes(response.status)) {
    return { status: "refused", refused: { ...batch, status: response.status, message } };
  }
  const seconds = Number(response.headers.get("retry-after"));
  return { status: "later", afterMs: seconds > 0 ? seconds * 1000 : 0, why };
}

/** Sends a batch where nobody waits for an answer: it has to be sent again to have one. */
export function beaconBatch(batch: Batch, options: PostOptions): boolean {
  const blob = new Blob([batch.body as BlobPart], { type: "text/plain" });
  return navigator.sendBeacon(batchUrl(batch, options), blob);
}

/** What `POST /v1/events` answers, well or not; all of it may be missing. */
interface Answer extends Partial<Pick<TakenBatch, "deadLettered" | "deadLetters">> {
  readonly error?: { readonly message?: string };
}

function parsed(text: string): Answer {
  try {
    return Object(JSON.parse(text)) as Answer;
  } catch {
    return {}; // of something between here and the ingest
  }
}

function batchUrl({ id }: Batch, { url }: PostOptions): string {
  const whole = new URL(url);
  whole.searchParams.set("batch", id);
  return whole.href;
}
