import { MemoryStore } from "../src/stores/memory.ts";
import { streamToParquet } from "../src/pipeline.ts";
import { readTableRows } from "../src/maintenance/read_rows.ts";
import { readSnapshot } from "../src/commit_log/snapshot.ts";
const store = new MemoryStore();
await streamToParquet([{ s: "\uFEFFabc", p: "\uFEFFx" }, { s: "abc", p: "x" }, {s: 1, p: "x"}], { store, partitionBy: ["p"] });
for await (const r of readTableRows(store)) console.log(JSON.stringify(r));
console.log([...(await readSnapshot(store))!.files.values()].map(f => [f.path, f.stats]));
try { await streamToParquet([{ t: 9e15 }], { store: new MemoryStore(), schema: { t: "timestamp" } }); console.log("ok"); } catch (e) { console.log(String(e)); }
