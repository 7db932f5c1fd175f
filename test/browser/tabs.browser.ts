import assert from "node:assert/strict";
import { test } from "node:test";
import { holdTableLock } from "../../src/stores/table_lock.ts";
import { journalAt, KINDS, testIn } from "./places.ts";
import { startRival } from "./rivals.ts";
import { testStoresOfTabs } from "./tabs.ts";

testStoresOfTabs();

for (const kind of KINDS) {
  for (const delayMs of [0, 40, 80, 120]) {
    testIn(
      kind,
      `${kind}Journal: a tab that dies after ${delayMs} ms loses nothing`,
      async (place) => {
        const rival = startRival({ do: "append", place });
        await rival.answer;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        rival.end();
        const acknowledged = rival.answers.length;
        const journal = journalAt(place);
        await journal.open();
        const seeds: number[] = [];
        for await (const payload of journal.read("a")) seeds.push(payload[0]! + 256 * payload[1]!);
        assert.deepEqual(seeds, seeds.map((_, i) => i));
        // What it was about to say when it died may be there as well.
        assert(seeds.length >= acknowledged, `${acknowledged} acknowledged, ${seeds.length} there`);
        await journal.append([{ segment: "a", payload: new Uint8Array(2) }]);
        await journal.close();
      },
    );
  }
}

test("a table's lock is granted at once where no tab has it", async () => {
  const name = crypto.randomUUID();
  let waited = 0;
  const onWaiting = () => waited++;
  {
    await using lock = await holdTableLock(name, { onWaiting });
    await holdTableLock(`${name} of another table`).then((other) => other.release());
    await lock.release();
    await (await holdTableLock(name, { onWaiting })).release();
    // The first lock is let go of twice.
  }
  await (await holdTableLock(name, { onWaiting })).release();
  assert.equal(waited, 0);
});

test("a second tab waits for a table's lock, and has it when the first dies", async () => {
  const name = crypto.randomUUID();
  const first = startRival({ do: "hold lock", name });
  assert.equal(await first.answer, "held");
  const second = startRival({ do: "hold lock", name });
  const waiting = Promise.withResolvers<void>();
  let isGranted = false;
  const third = holdTableLock(name, { onWaiting: waiting.resolve }).then((lock) => {
    isGranted = true;
    return lock;
  });
  await waiting.promise;
  first.end();
  // Whichever asked before the other.
  await Promise.race([second.answer, third]);
  assert.equal(second.answers.length, isGranted ? 0 : 1);
  second.end();
  await (await third).release();
});

test("waiting for a table's lock ends with the reason of an aborted signal", async () => {
  const name = crypto.randomUUID();
  const reason = new Error("enough");
  const lock = await holdTableLock(name);
  const controller = new AbortController();
  const waiting = holdTableLock(name, {
    signal: controller.signal,
    onWaiting: () => controller.abort(reason),
  });
  await assert.rejects(waiting, (error) => error === reason);
  const late = holdTableLock(name, { signal: AbortSignal.abort(reason) });
  await assert.rejects(late, (error) => error === reason);
  await lock.release();
  await (await holdTableLock(name)).release();
});
