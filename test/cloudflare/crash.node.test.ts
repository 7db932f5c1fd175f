import assert from "node:assert/strict";
import { test } from "node:test";
import { runCampaign } from "./campaign.ts";

test("what was acknowledged is in the table once, though workerd is killed three times", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const report = await runCampaign({ rounds: 1, killsPerRound: 3, seed })
    .catch((cause) => assert.fail(new Error(`seed ${seed}`, { cause })));
  assert.equal(report.kills, 3);
  assert.ok(report.acknowledged > 0);
});
