import { assertBytes, assertEquals } from "./assert.ts";
import { contentsOf, payloadsOf, record, seedsOf } from "./journal_helpers.ts";
import type { Check } from "./journal_suite.ts";

/** What comes back of what was appended, and the life of segments. */
export function checkRecords(check: Check): void {
  check("is empty at first", async ({ journal }) => {
    const { segments, warnings } = await journal.open();
    assertEquals(segments.length, 0, "segments");
    assertEquals(warnings.length, 0, "warnings");
    await journal.close();
  });

  check("gives back payloads by segment, in order", async ({ journal }) => {
    await journal.open();
    await journal.append([record("a", 1), record("b", 2), record("a", 3)]);
    await journal.append([record("b", 4)]);
    await journal.append([record("a", 5)]);
    assertEquals(await seedsOf(journal, "a"), [1, 3, 5], "segment a");
    assertEquals(await seedsOf(journal, "b"), [2, 4], "segment b");
    await journal.close();
  });

  for (const length of [0, 1, 3_000_001]) {
    check(`gives back ${length} bytes`, async ({ journal, reopen }) => {
      await journal.open();
      const payload = Uint8Array.from({ length }, (_, i) => i ^ (i >> 8));
      await journal.append([{ segment: "a", payload }]);
      const after = await reopen();
      assertEquals(await contentsOf(after), ["a: open"], "segments");
      for await (const read of after.read("a")) assertBytes(read, payload, "payload");
      assertEquals((await payloadsOf(after, "a")).length, 1, "payloads");
      await after.close();
    });
  }

  check("copies payloads before it returns", async ({ journal }) => {
    await journal.open();
    const buffer = new Uint8Array([9, 1, 1, 9]);
    const appended = journal.append([{ segment: "a", payload: buffer.subarray(1, 3) }]);
    buffer.fill(0);
    await appended;
    const [payload] = await payloadsOf(journal, "a");
    assertBytes(payload, new Uint8Array([1, 1]), "payload");
    payload.fill(0);
    assertBytes((await payloadsOf(journal, "a"))[0], new Uint8Array([1, 1]), "read again");
    await journal.close();
  });

  check("keeps the order of calls that overlap", async ({ journal, reopen }) => {
    await journal.open();
    const calls = Array.from({ length: 50 }, (_, i) => journal.append([record("a", i)]));
    calls.push(journal.seal(["a"], 1), journal.append([record("b", 1)]), journal.delete(["b"]));
    await Promise.all(calls);
    const after = await reopen();
    assertEquals(await contentsOf(after), ["a: 1"], "segments");
    assertEquals(await seedsOf(after, "a"), Array.from({ length: 50 }, (_, i) => i), "segment a");
    await after.close();
  });

  check("reads what was there when reading began", async ({ journal }) => {
    await journal.open();
    await journal.append([record("a", 1), record("a", 2)]);
    const seeds = [];
    for await (const payload of journal.read("a")) {
      seeds.push(payload[0]);
      await journal.append([record("a", 3)]);
    }
    assertEquals(seeds, [1, 2], "segment a");
    await journal.close();
  });

  check("takes an append of nothing", async ({ journal, reopen }) => {
    await journal.open();
    await journal.append([]);
    const after = await reopen();
    assertEquals(await contentsOf(after), [], "segments");
    await after.close();
  });

  check("begins a segment anew under a name that was deleted", async ({ journal, reopen }) => {
    await journal.open();
    for (let i = 0; i < 3; i++) {
      await journal.append([record("a", i), record("b", i)]);
      await journal.seal(["a"], i);
      if (i < 2) await journal.delete(["a"]);
    }
    const after = await reopen();
    assertEquals(await contentsOf(after), ["b: open", "a: 2"], "segments");
    assertEquals(await seedsOf(after, "a"), [2], "segment a");
    assertEquals(await seedsOf(after, "b"), [0, 1, 2], "segment b");
    await after.close();
  });

  check("takes any text as a name", async ({ journal, reopen }) => {
    const names = ["../a", "a/b", "A", "ä", "a\u0308", "\ufeff\u0000\n", "__proto__", "1", "😀"];
    names.push("x".repeat(1024));
    await journal.open();
    await journal.append(names.map((segment, i) => record(segment, i)));
    const after = await reopen();
    assertEquals(await contentsOf(after), names.map((segment) => `${segment}: open`), "segments");
    for (const [i, segment] of names.entries()) {
      assertEquals(await seedsOf(after, segment), [i], JSON.stringify(segment));
    }
    await after.delete(names.slice(1));
    await after.close();
    assertEquals(await contentsOf(after), ["../a: open"], "segments");
    await after.close();
  });

  check("deletes what is not there without a word", async ({ journal }) => {
    await journal.open();
    await journal.delete([]);
    await journal.delete(["a"]);
    await journal.append([record("a", 1)]);
    await journal.delete(["b", "a", "a"]);
    await journal.delete(["a"]);
    await journal.close();
  });
}
