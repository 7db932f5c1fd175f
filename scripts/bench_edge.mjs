// Measures the ingest on Cloudflare in workerd:
// `npm run bench:edge -- [--only size,start,requests,load,ramp,cpu,memory]
// [--rate 2000] [--seconds 60] [--window 15m] [--step 10] [--state DIRECTORY] [--live]`.
//
// `--step` is how long each rate of the ramp is held, in seconds. `--state` is where workerd keeps
// its data: it waits for each write, with all of its requests, so a slow disk is the limit. `--live` has memory measured without garbage.
import { join } from "node:path";
import process from "node:process";
import { importBundled } from "./import_bundled.mjs";

process.chdir(join(import.meta.dirname, ".."));
await importBundled("bench/edge.ts");
