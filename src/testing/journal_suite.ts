import type { Journal } from "../journal/journal.ts";
import { checkCrashes } from "./journal_suite_crashes.ts";
import { checkMisuse } from "./journal_suite_misuse.ts";
import { checkRecords } from "./journal_suite_records.ts";

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

/** Registers one test, whose body is given a fresh journal. */
export type Check = (title: string, run: (under: JournalUnderTest) => Promise<void>) => void;

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
  checkMisuse(check);
}
