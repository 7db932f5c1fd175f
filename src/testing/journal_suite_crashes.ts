import { JournalFencedError, JournalLockedError } from "../journal/errors.ts";
import { assert, assertEquals, assertRejects } from "./assert.ts";
import { contentsOf, everyChange, record, seedsOf } from "./journal_helpers.ts";
import type { Check } from "./journal_suite.ts";

/** What is left after a crash. */
export function checkCrashes(check: Check): void {
  check("keeps what was acknowledged, over several crashes", async ({ journal, reopen }) => {
    let current = journal;
    for (let round = 0; round < 4; round++) {
      await current.open();
      await current.append([record("a", 2 * round), record(`b${round}`, round)]);
      await current.append([record("a", 2 * round + 1)]);
      current = await reopen();
    }
    assertEquals(
      await contentsOf(current),
      ["a: open", ...[0, 1, 2, 3].map((i) => `b${i}: open`)],
      "",
    );
    assertEquals(await seedsOf(current, "a"), [0, 1, 2, 3, 4, 5, 6, 7], "segment a");
    assertEquals(await seedsOf(current, "b2"), [2], "segment b2");
    await current.close();
  });

  check("keeps all of an append or nothing", async ({ journal, reopen }) => {
    await journal.open();
    await journal.append([record("a", 0), record("b", 0)]);
    const calls = [1, 2, 3].map((i) => journal.append([record("a", i), record("b", i)]));
    // Whether they settle is the crash's business.
    void Promise.allSettled(calls);
    const after = await reopen();
    await after.open();
    const seeds = await seedsOf(after, "a");
    assertEquals(seeds, [0, 1, 2, 3].slice(0, seeds.length), "segment a");
    assertEquals(await seedsOf(after, "b"), seeds, "segment b");
    await after.close();
  });

  check("keeps seals and deletions", async ({ journal, reopen }) => {
    await journal.open();
    for (const segment of ["a", "b", "c", "d"]) await journal.append([record(segment, 1)]);
    await journal.seal(["a", "c"], 0);
    await journal.seal(["b"], Number.MAX_SAFE_INTEGER);
    await journal.delete(["c", "d"]);
    const after = await reopen();
    assertEquals(await contentsOf(after), ["a: 0", `b: ${Number.MAX_SAFE_INTEGER}`], "segments");
    assertEquals(await seedsOf(after, "a"), [1], "segment a");
    await after.delete(["a", "b"]);
    await after.close();
    const empty = await reopen();
    assertEquals(await contentsOf(empty), [], "segments");
    await empty.close();
  });

  check("can be closed and opened again", async ({ journal, reopen }) => {
    await journal.open();
    const appended = journal.append([record("a", 1)]);
    await journal.close();
    await appended;
    assertEquals(await contentsOf(journal), ["a: open"], "segments");
    await journal.append([record("a", 2)]);
    await journal.close();
    await journal.close();
    const after = await reopen();
    assertEquals(await contentsOf(after), ["a: open"], "segments");
    assertEquals(await seedsOf(after, "a"), [1, 2], "segment a");
    await after.close();
  });

  check("is for one writer", async ({ journal, rival }) => {
    await journal.open();
    await journal.append([record("a", 1)]);
    const other = await rival();
    let refused: unknown;
    const contents = await contentsOf(other).catch((error) => void (refused = error));
    if (refused !== undefined) {
      assert(refused instanceof JournalLockedError, `expected a lock, got ${refused}`);
      await journal.append([record("a", 2)]);
      await journal.close();
      assertEquals(await contentsOf(other), ["a: open"], "once it is free");
      assertEquals(await seedsOf(other, "a"), [1, 2], "segment a");
    } else {
      assertEquals(contents, ["a: open"], "segments");
      for (const refused of everyChange(journal, "a")) {
        const error = await assertRejects(refused, "a writer that was replaced");
        assert(error instanceof JournalFencedError, `expected to be fenced, got ${error}`);
      }
      assertEquals(await seedsOf(other, "a"), [1], "segment a");
    }
    await journal.close();
    await other.append([record("a", 3)]);
    await other.close();
  });
}
