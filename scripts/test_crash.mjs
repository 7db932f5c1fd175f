// The crash campaign: `npm run test:crash -- [--rounds 100] [--mode source|writer] [--seed N]`.
//
// Each round writes a table with processes that are killed with SIGKILL, at a random moment or at a
// step of their own, until one gets through, and compares the table with the truth.
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { bundleForNode } from "./bundle_for_node.mjs";
import "./exit_on_signals.mjs";
import { importBundled } from "./import_bundled.mjs";

process.chdir(join(import.meta.dirname, ".."));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    mode: { type: "string" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
  },
});

const { runCampaign } = await importBundled("test/crash/campaign.ts");

const child = await bundleForNode("test/crash/child.ts");
const seed = Number(values.seed);
const rounds = Number(values.rounds);
const modes = values.mode === undefined ? ["source", "writer"] : [values.mode];
for (const mode of modes) {
  const share = Math.ceil(rounds / modes.length);
  console.log(`${mode}: ${share} rounds from seed ${seed}`);
  const started = performance.now();
  const report = await runCampaign({
    mode,
    rounds: share,
    child,
    seed,
    onRound({ rounds, kills, events, filesOpened }) {
      if (rounds % 10 > 0 && rounds < share) return;
      const seconds = Math.round((performance.now() - started) / 1000);
      console.log(
        `  ${rounds} rounds, ${kills} kills, ${events} events compared: 0 lost, 0 doubled; ` +
          `${filesOpened} times a file was opened: 0 torn (${seconds} s)`,
      );
    },
  });
  const steps = [...report.steps].sort(([, a], [, b]) => b - a);
  console.log(`  kills by step: ${steps.map(([step, count]) => `${step} ${count}`).join(", ")}`);
}
