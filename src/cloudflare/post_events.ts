import { readBody, type Share } from "./body.ts";
import { HttpError, RETRY_AFTER } from "./http_error.ts";
import type { IngestSettings } from "./ingest_options.ts";
import { routeEvents, type ShardShare } from "./route_events.ts";
import type { ShardNamespaceLike } from "./runtime.ts";
import { type AppendCall, appendPath } from "./shard_calls.ts";
import { shardName, shardNamed } from "./shard_names.ts";
import { MAX_DESCRIBED, type RefusedLine, type ShardAnswer } from "./shard_answer.ts";
import { type BodyLine, splitArray, splitLines } from "./split_events.ts";

/** What `POST /v1/events` answers. */
export interface EventsAnswer extends ShardAnswer {
  /** Whether all of it had been taken in before, under the same batch id. */
  readonly isReplayed: boolean;
}

const LINES = ["application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain"];

/**
 * Takes in the events of a request. Answers when all of them are in the journals of their shards.
 *
 * @throws {HttpError} If they are not, or not all.
 */
export async function postEvents<Env>(
  request: Request,
  settings: IngestSettings<Env>,
  { namespace, share }: { readonly namespace: ShardNamespaceLike; readonly share: Share },
): Promise<EventsAnswer> {
  const batch = batchIdOf(request);
  const split = splitterFor(request);
  const body = withoutMark(await readBody(request, share, settings));
  const shares = routeEvents(split(body, settings.maxEvents), settings);
  const digest = batch === undefined ? undefined : await digestOf(body);
  const called = await Promise.all(shares.map(async (part) => {
    const answer = await callShard(part, settings, {
      namespace,
      batch: digest === undefined ? undefined : { id: batch!, digest },
    });
    return { part, answer };
  }));
  const refused = called.find(({ answer }) => answer instanceof HttpError)?.answer;
  if (refused instanceof HttpError) {
    const taken = called.filter(({ answer }) => !(answer instanceof HttpError)).length;
    throw taken === 0 ? refused : inPart(refused, batch);
  }
  const answers = called.map(({ part, answer }) => ({ part, answer: answer as EventsAnswer }));
  return {
    accepted: sum(answers, ({ answer }) => answer.accepted),
    deadLettered: sum(answers, ({ answer }) => answer.deadLettered),
    deadLetters: answers.flatMap(({ part, answer }) => linesOfBody(answer.deadLetters, part.lines))
      .sort((a, b) => a.line - b.line).slice(0, MAX_DESCRIBED),
    isReplayed: answers.length > 0 && answers.every(({ answer }) => answer.isReplayed),
  };
}

/** One shard's answer, or why it has none. */
async function callShard<Env>(
  { shard, lines, bytes }: ShardShare,
  { table }: IngestSettings<Env>,
  { namespace, batch }: {
    readonly namespace: ShardNamespaceLike;
    readonly batch: AppendCall["batch"];
  },
): Promise<EventsAnswer | HttpError> {
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const line of lines) {
    body.set(line.bytes, at);
    body[(at += line.bytes.length + 1) - 1] = 10;
  }
  const name = shardName(shard);
  try {
    const path = appendPath({ name, bytes, lines: lines.length, batch });
    const response = await shardNamed(namespace, table, name).fetch(`https://shard${path}`, {
      method: "POST",
      body,
    });
    if (response.ok) return await response.json() as EventsAnswer;
    await response.body?.cancel();
    return refusalOf(response.status);
  } catch (cause) {
    return new HttpError(503, UNAVAILABLE, { headers: RETRY_AFTER, cause });
  }
}

const UNAVAILABLE = "The events cannot be kept just now. Send the same again after a while, with " +
  "the same batch id if there is one.";

function refusalOf(status: number): HttpError {
  switch (status) {
    case 409:
      return new HttpError(
        409,
        "The batch id was used for other events. Give every batch an id of its own, and repeat a " +
          "batch with the same bytes. Nothing was taken.",
      );
    case 429:
      return new HttpError(
        429,
        "Events come faster than they can be kept. Send the same again after a while. " +
          "Nothing was taken.",
        { headers: RETRY_AFTER },
      );
    default:
      return new HttpError(503, UNAVAILABLE, { headers: RETRY_AFTER });
  }
}

/** What to say where some shards have taken their events and others have not. */
function inPart({ status, message, headers }: HttpError, batch: string | undefined): HttpError {
  const advice = batch === undefined
    ? "A part of the events was taken: sent again without a batch id, they would be there twice."
    : "A part of the events was taken: sent again with the same batch id, they are there once.";
  const text = `${message.replace(/ ?Nothing was taken\.$/, "")} ${advice}`;
  return new HttpError(status, text, { headers });
}

/** The lines of a body that a shard knows by their place among its own. */
function linesOfBody(
  refused: readonly RefusedLine[],
  lines: readonly BodyLine[],
): RefusedLine[] {
  return refused.map((own) => ({ ...own, line: lines[own.line - 1]?.line ?? own.line }));
}

function batchIdOf(request: Request): string | undefined {
  const id = new URL(request.url).searchParams.get("batch");
  if (id === null || /^[\w-]{1,128}$/.test(id)) return id ?? undefined;
  throw new HttpError(
    400,
    'The batch id must be 1 to 128 letters, digits, "_" and "-". Nothing was taken.',
  );
}

function splitterFor(request: Request): (body: Uint8Array, maxEvents: number) => BodyLine[] {
  const header = request.headers.get("content-type");
  const type = header?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (LINES.includes(type)) return splitLines;
  if (type === "application/json") return splitArray;
  throw new HttpError(
    415,
    `The content-type ${JSON.stringify(header)} is not known. Send JSON lines as ` +
      `application/x-ndjson, or an array as application/json. Nothing was taken.`,
  );
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}

async function digestOf(body: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
