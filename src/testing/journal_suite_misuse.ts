import { assert, assertEquals, assertRejects } from "./assert.ts";
import { contentsOf, everyChange, payloadsOf, record, seedsOf } from "./journal_helpers.ts";
import type { Check } from "./journal_suite.ts";

/** What is refused, and that nothing of it is done. */
export function checkMisuse(check: Check): void {
  check("refuses to append to a sealed segment", async ({ journal, reopen }) => {
    await journal.open();
    await journal.append([record("a", 1)]);
    const sealed = journal.seal(["a"], 5);
    const early = await assertRejects(() => journal.append([record("a", 2)]), "while sealing");
    assert(early instanceof TypeError, `expected a TypeError, got ${early}`);
    await sealed;
    const late = await assertRejects(
      () => journal.append([record("b", 2), record("a", 2)]),
      "after",
    );
    assert(late instanceof TypeError, `expected a TypeError, got ${late}`);
    const after = await reopen();
    assertEquals(await contentsOf(after), ["a: 5"], "segments");
    assertEquals(await seedsOf(after, "a"), [1], "segment a");
    const again = await assertRejects(() => after.append([record("a", 2)]), "after a crash");
    assert(again instanceof TypeError, `expected a TypeError, got ${again}`);
    await after.close();
  });

  check("refuses to seal what it cannot", async ({ journal }) => {
    await journal.open();
    await journal.append([record("a", 1), record("b", 1)]);
    await journal.seal(["a"], 1);
    for (const segments of [["b", "a"], ["b", "c"]]) {
      const error = await assertRejects(() => journal.seal(segments, 2), segments.join());
      assert(error instanceof TypeError, `expected a TypeError, got ${error}`);
    }
    for (const number of [-1, 0.5, NaN, 2 ** 53]) {
      const error = await assertRejects(() => journal.seal(["b"], number), String(number));
      assert(error instanceof RangeError, `expected a RangeError, got ${error}`);
    }
    await journal.close();
    assertEquals(await contentsOf(journal), ["a: 1", "b: open"], "segments");
    await journal.close();
  });

  check("refuses names that are not text of 1 to 1024 bytes", async ({ journal }) => {
    await journal.open();
    for (const segment of ["", "\ud800", "ä".repeat(513)]) {
      const records = [record("a", 1), record(segment, 1)];
      const error = await assertRejects(() => journal.append(records), JSON.stringify(segment));
      assert(error instanceof TypeError, `expected a TypeError, got ${error}`);
    }
    await journal.close();
    assertEquals(await contentsOf(journal), [], "segments");
    await journal.close();
  });

  check("refuses to read what is not there", async ({ journal }) => {
    await journal.open();
    const error = await assertRejects(() => payloadsOf(journal, "a"), "read");
    assert(error instanceof TypeError, `expected a TypeError, got ${error}`);
    await journal.close();
  });

  check("refuses everything but opening unless it is open", async ({ journal }) => {
    for (const state of ["before", "after"]) {
      for (const run of [...everyChange(journal, "a"), () => payloadsOf(journal, "a")]) {
        const error = await assertRejects(run, state);
        assert(error instanceof TypeError, `expected a TypeError, got ${error}`);
      }
      await journal.open();
      const error = await assertRejects(() => journal.open(), "opening twice");
      assert(error instanceof TypeError, `expected a TypeError, got ${error}`);
      await journal.close();
    }
  });

  check("gives up opening with the signal's reason", async ({ journal }) => {
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    assertEquals(await assertRejects(() => journal.open({ signal }), "open"), reason, "reason");
    assertEquals(await contentsOf(journal), [], "segments");
    await journal.close();
  });
}
