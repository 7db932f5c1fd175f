import type { ShardNamespaceLike } from "./runtime.ts";

/** Name of the object that writes the commit log. */
export const GATE = "log";

/** Name of a shard, which is also the name of its writer. */
export function shardName(index: number): string {
  return `shard${index}`;
}

/** A shard, or the gate, of a table: a Durable Object named `TABLE/shard0` or `TABLE/log`. */
export function shardNamed(
  namespace: ShardNamespaceLike,
  table: string,
  name: string,
): { fetch(url: string, init?: RequestInit): Promise<Response> } {
  return namespace.get(namespace.idFromName(`${table}/${name}`) as never);
}
