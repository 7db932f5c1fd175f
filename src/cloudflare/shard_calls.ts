/**
 * What shards and the gate of the log are asked, by HTTP requests that no one outside can make.
 *
 * - `/append?name&bytes&lines[&batch&digest]` with JSON lines: a `ShardAnswer`, or 409, 429, 503;
 * - `/log?key[&ifAbsent]` with bytes: whether they were put;
 * - `/status`: a {@linkcode ShardStatus}.
 */

/** Events for a shard. */
export interface AppendCall {
  /** What the shard is called, which is also the name of its writer. */
  readonly name: string;
  /** Length of the body. */
  readonly bytes: number;
  /** How many lines it has; none of them is blank. */
  readonly lines: number;
  readonly batch: { readonly id: string; readonly digest: string } | undefined;
}

/** What a shard has counted since it woke up, and what it has now. */
export interface ShardStatus {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
}

/** The path and query for a call. */
export function appendPath({ name, bytes, lines, batch }: AppendCall): string {
  const query = new URLSearchParams({ name, bytes: `${bytes}`, lines: `${lines}` });
  if (batch !== undefined) {
    query.set("batch", batch.id);
    query.set("digest", batch.digest);
  }
  return `/append?${query}`;
}

/** Reads what {@linkcode appendPath} made. */
export function readAppendPath(query: URLSearchParams): AppendCall {
  const id = query.get("batch");
  return {
    name: query.get("name")!,
    bytes: Number(query.get("bytes")),
    lines: Number(query.get("lines")),
    batch: id === null ? undefined : { id, digest: query.get("digest")! },
  };
}
