import { readSnapshot } from "../commit_log/snapshot.ts";
import { assertStoreKey, assertStorePrefix, type Store } from "../stores/store.ts";
import { zipTable } from "../zip/zip_table.ts";
import { HttpError } from "./http_error.ts";

/** `GET /v1/tables`: what there is to read. */
export async function getTables(store: Store, table: string): Promise<Response> {
  const snapshot = await readSnapshot(store);
  if (snapshot === undefined) return Response.json({ tables: [] });
  const { version, columns, metaData } = snapshot;
  const files = [...snapshot.files.values()];
  return Response.json({
    tables: [{
      name: table,
      version,
      partitionBy: metaData.partitionColumns,
      columns: columns.map(({ name, type }) => ({ name, type: type.kind })),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      files: files.map(({ path, size }) => ({ key: path, bytes: size })),
    }],
  });
}

/** `GET /v1/files/KEY`: a value of the table, or a range of it. */
export async function getFile(request: Request, store: Store, path: string): Promise<Response> {
  const key = keyOf(path, assertStoreKey);
  const wanted = request.headers.get("range");
  const headers = {
    "content-type": contentTypeOf(key),
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
  };
  if (request.method === "GET" && wanted === null) {
    const bytes = await store.get(key);
    if (bytes === undefined) throw noFile(key);
    return new Response(bytes as BodyInit, { headers });
  }
  const size = await sizeOf(store, key);
  if (request.method === "HEAD") {
    return new Response(null, { headers: { ...headers, "content-length": `${size}` } });
  }
  const { start, end } = rangeOf(wanted!, size);
  const bytes = await store.getRange(key, { start, end });
  if (bytes === undefined) throw noFile(key);
  return new Response(bytes as BodyInit, {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${size}` },
  });
}

async function sizeOf(store: Store, key: string): Promise<number> {
  for await (const entry of store.list(key)) if (entry.key === key) return entry.size;
  throw noFile(key);
}

/** Bytes `[start, end)` of a header such as `bytes=0-99`, `bytes=100-` or `bytes=-8`. */
function rangeOf(header: string, size: number): { start: number; end: number } {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? [];
  const start = first === "" ? size - Math.min(Number(last), size) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  if (start < end) return { start, end };
  throw new HttpError(
    416,
    `The range ${JSON.stringify(header)} holds nothing. Send one, such as bytes=0-99 or bytes=-8.`,
    { headers: { "content-range": `bytes */${size}` } },
  );
}

function noFile(key: string): HttpError {
  return new HttpError(404, `There is no file ${JSON.stringify(key)}. GET /v1/tables lists them.`);
}

/** `GET /v1/zip?prefix=…`: the table as it stands, or what lies below a prefix, as an archive. */
export function getZip(store: Store, query: URLSearchParams, table: string): Response {
  const prefix = query.get("prefix") ?? "";
  keyOf(encodeURIComponent(prefix), assertStorePrefix);
  return new Response(zipTable(store, { prefix }), {
    headers: {
      "content-type": "application/zip",
      "content-disposition": `attachment; filename="${table}.zip"`,
    },
  });
}

/** @throws {HttpError} 400, if it is no key: what could lead elsewhere is none. */
function keyOf(path: string, assertKey: (key: string) => void): string {
  try {
    const key = decodeURIComponent(path);
    assertKey(key);
    return key;
  } catch (cause) {
    throw new HttpError(
      400,
      `The path ${JSON.stringify(path)} is no key of a file. GET /v1/tables lists them; ` +
        `percent signs in them are sent as %25.`,
      { cause },
    );
  }
}

function contentTypeOf(key: string): string {
  if (key.endsWith(".parquet")) return "application/vnd.apache.parquet";
  return key.endsWith(".json") ? "application/json" : "application/x-ndjson";
}
