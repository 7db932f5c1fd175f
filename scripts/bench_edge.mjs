// Measures the ingest on Cloudflare in workerd:
// `npm run bench:edge -- [--only size,start,requests,load,cpu,memory]
// [--rate 2000] [--seconds 60] [--window 15m]`.
import { join } from "node:path";
import process from "node:process";
import { importBundled } from "./import_bundled.mjs";

process.chdir(join(import.meta.dirname, ".."));
await importBundled("bench/edge.ts");
