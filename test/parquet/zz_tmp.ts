import { encodeParquet } from "../../src/parquet/encode.ts";
import { readParquetTable } from "../../src/parquet/read.ts";
import { jsonRows } from "../../src/columns/json_rows.ts";
import { simulateJsonLines } from "../../src/simulate/mod.ts";
import { JsonLinesDecoderStream } from "../../src/decode/json_lines_decoder_stream.ts";
import { WindowedPartitionStream } from "../../src/window/windowed_partition_stream.ts";
import { ParquetFileStream } from "../../src/parquet/parquet_file_stream.ts";
import init from "parquet-wasm/esm";
const wasm = await init();
const mem = () => (wasm.memory.buffer.byteLength / 1e6).toFixed(0) + " MB wasm, rss " + (Deno.memoryUsage().rss/1e6).toFixed(0);
let file: any;
for await (const f of simulateJsonLines({ events: 60_000, seed: 1 } as any).pipeThrough(new JsonLinesDecoderStream({time:"event_timestamp"})).pipeThrough(new WindowedPartitionStream({window: {lengthMs: 864e5*365*100, offsetMs: 0}})).pipeThrough(new ParquetFileStream())) if (f.type === "file") file = f;
console.log(file.key, file.bytes.length, file.rows, mem());
for (let i = 0; i < 4; i++) {
  let t0 = performance.now();
  const t = await readParquetTable(file.bytes);
  let t1 = performance.now();
  let n = 0; for (const r of jsonRows(t)) n += r.length;
  let t2 = performance.now();
  const out = await encodeParquet(t, {compression: "snappy"});
  console.log("read", (t1-t0).toFixed(0), "json", (t2-t1).toFixed(0), "encode", (performance.now()-t2).toFixed(0), n, out.length, out.every((b,i)=>b===file.bytes[i]), mem());
}
// damage
let seed = 1; const rnd = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
const outcomes: Record<string, number> = {};
for (let i = 0; i < 300; i++) {
  const b = file.bytes.slice(); for (let k = 0; k < 3; k++) b[Math.floor(i % 2 ? b.length - rnd() * 8000 : rnd() * b.length)] ^= 1 << Math.floor(rnd() * 8);
  try { await readParquetTable(b); outcomes["ok"] = (outcomes["ok"] ?? 0) + 1; } catch (e: any) { const m = e.message.slice(0,60) + " <- " + String(e.cause).replace(/\d+/g, "N").slice(0, 90); outcomes[m] = (outcomes[m] ?? 0) + 1; }
}
console.log(outcomes, mem());
console.log((await readParquetTable(file.bytes)).rows);
