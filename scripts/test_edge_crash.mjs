// The crash campaign of the ingest on Cloudflare:
// `npm run test:edge:crash -- [--rounds 200] [--kills 1] [--seed N]`.
//
// Each round sends events to four shards in workerd, which is killed with SIGKILL so many times, and
// compares the table, as DuckDB and delta-rs read it, with what was acknowledged.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

process.chdir(join(import.meta.dirname, ".."));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" },
    kills: { type: "string", default: "5" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
  },
});

mkdirSync(".build", { recursive: true });
const directory = mkdtempSync(".build/edge-crash-");
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
await build({
  entryPoints: ["test/cloudflare/campaign.ts"],
  outfile: join(directory, "campaign.mjs"),
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
const { runCampaign } = await import(pathToFileURL(resolve(directory, "campaign.mjs")).href);

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
