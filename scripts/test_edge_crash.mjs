// The crash campaign of the ingest on Cloudflare:
// `npm run test:edge:crash -- [--rounds 200] [--kills 1] [--seed N]`.
//
// Each round sends events to four shards in workerd, which is killed with SIGKILL so many times, and
// compares the table, as DuckDB and delta-rs read it, with what was acknowledged.
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { importBundled } from "./import_bundled.mjs";

process.chdir(join(import.meta.dirname, ".."));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" },
    kills: { type: "string", default: "5" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
  },
});

const { runCampaign } = await importBundled("test/cloudflare/campaign.ts");

const rounds = Number(values.rounds);
const killsPerRound = Number(values.kills);
const seed = Number(values.seed);
console.log(`${rounds} rounds of ${killsPerRound} kills from seed ${seed}`);
const started = performance.now();
await runCampaign({
  rounds,
  killsPerRound,
  seed,
  onRound({ rounds, kills, acknowledged, repeated, abandoned, refusals }) {
    const seconds = Math.round((performance.now() - started) / 1000);
    const refused = Array.from(refusals, ([status, count]) => `${count} × ${status}`).join(", ");
    console.log(
      `  ${rounds} rounds, ${kills} kills, ${acknowledged} acknowledged events compared: 0 lost, ` +
        `0 doubled; ${repeated} batches repeated, ${abandoned} abandoned` +
        `${refused && `; ${refused}`} (${seconds} s)`,
    );
  },
});
