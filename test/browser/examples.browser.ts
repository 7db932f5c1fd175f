import assert from "node:assert/strict";
import { test } from "node:test";

const names = await (await fetch("/examples")).json() as string[];

test("there is an example for each of what is made for browsers", () => {
  const expected = ["IdbJournal", "IdbStore", "OpfsJournal", "OpfsStore", "holdTableLock"];
  assert.deepEqual(names.sort(), expected);
});

for (const name of names) {
  test(`the example of ${name} runs`, async () => {
    await import(`/code/examples/${name}.js`);
  });
}
