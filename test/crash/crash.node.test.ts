// A small, fixed share of the campaign; `npm run test:crash -- --rounds 1000` runs as much as wanted.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bundleForNode } from "../../scripts/bundle_for_node.mjs";
import { runCampaign } from "./campaign.ts";

let child = "";
before(async () => {
  child = await bundleForNode("test/crash/child.ts");
});

for (const mode of ["source", "writer"] as const) {
  test(`killed again and again, a ${mode} loses nothing and doubles nothing`, async () => {
    const { kills, events, filesOpened } = await runCampaign({ mode, rounds: 5, child, seed: 1 });
    assert.ok(kills >= 5, `${kills} kills`);
    assert.ok(events > 500 && filesOpened > 50, `${events} events, ${filesOpened} files opened`);
  });
}
