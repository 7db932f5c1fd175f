import { JournalFencedError, JournalLockedError } from "../journal/errors.ts";
import type { Journal } from "../journal/journal.ts";
import { assert, assertBytes, assertEquals, assertRejects } from "./assert.ts";

/** What {@linkcode journalConformance} takes. */
export interface JournalConformanceOptions {
  /** Registers a test: `test` of `node:test`, `Deno.test`, `it`, or a function of your own. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Of the journal: what the name of every test begins with. */
  readonly name: string;
  /** Makes an empty journal; called for each test. */
  readonly create: () => Promise<JournalUnderTest>;
}

/** A journal, not yet opened, and what the suite does to it. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /**
   * Crashes the journal that was made last, whatever it is doing, and makes one, not yet opened,
   * over what is left of it. If the journal was closed, it is just as if it is opened anew.
   */
  readonly reopen: () => Promise<Journal>;
  /** Makes another journal, not yet opened, in the same place, with the first left alone. */
  readonly rival: () => Promise<Journal>;
  /** Runs after the test, passed or failed. */
  readonly dispose?: () => Promise<void>;
}

type Check = (title: string, run: (under: JournalUnderTest) => Promise<void>) => void;

/**
 * Registers the tests every {@linkcode Journal} must pass, one by one, with the test function
 * given. They need nothing of a runtime, so they run in a browser or a Worker as well.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { MemoryJournal } from "sluice";
 * import { journalConformance } from "sluice/testing";
 *
 * journalConformance({
 *   test,
 *   name: "MemoryJournal",
 *   create: () => {
 *     let journal = new MemoryJournal();
 *     const next = () => Promise.resolve(journal = journal.crash());
 *     return Promise.resolve({ journal, reopen: next, rival: next });
 *   },
 * });
 * ```
 */
export function journalConformance(options: JournalConformanceOptions): void {
  const { test, name, create } = options;
  const check: Check = (title, run) => {
    test(`${name}: ${title}`, async () => {
      const under = await create();
      try {
        await run(under);
      } finally {
        await under.dispose?.();
      }
    });
  };
  checkRecords(check);
  checkCrashes(check);
  checkSegments(check);
  checkMisuse(check);
}

/** What comes back of what was appended. */
function checkRecords(check: Check): void {
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
}

/** What is left after a crash. */
function checkCrashes(check: Check): void {
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
    const settled = Promise.allSettled(calls);
    const after = await reopen();
    await after.open();
    const seeds = await seedsOf(after, "a");
    assertEquals(seeds, [0, 1, 2, 3].slice(0, seeds.length), "segment a");
    assertEquals(await seedsOf(after, "b"), seeds, "segment b");
    await after.close();
    await Promise.race([settled, undefined]);
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

/** The life of segments. */
function checkSegments(check: Check): void {
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

/** What is refused, and that nothing of it is done. */
function checkMisuse(check: Check): void {
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

function record(segment: string, seed: number): { segment: string; payload: Uint8Array } {
  return { segment, payload: new Uint8Array([seed, 10, 0, 255]) };
}

function everyChange(journal: Journal, segment: string): (() => Promise<void>)[] {
  return [
    () => journal.append([record(segment, 1)]),
    () => journal.seal([segment], 1),
    () => journal.delete([segment]),
  ];
}

/** Opens the journal; every segment, as text. */
async function contentsOf(journal: Journal): Promise<string[]> {
  const { segments } = await journal.open();
  return segments.map(({ segment, number }) => `${segment}: ${number ?? "open"}`);
}

async function payloadsOf(journal: Journal, segment: string): Promise<Uint8Array[]> {
  const payloads = [];
  for await (const payload of journal.read(segment)) payloads.push(payload);
  return payloads;
}

/** The seeds of the records in a segment. */
async function seedsOf(journal: Journal, segment: string): Promise<number[]> {
  const seeds = [];
  for (const payload of await payloadsOf(journal, segment)) {
    const seed = payload[0] ?? NaN;
    assertBytes(payload, record(segment, seed).payload, `segment ${segment}`);
    seeds.push(seed);
  }
  return seeds;
}
