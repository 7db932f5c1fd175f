// However a table writer is stopped, however often: each event that was acknowledged is there once.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryJournal, MemoryStore, type TableWriter } from "../../mod.ts";
import { type Call, type Fate, Mortal } from "../support/mortal.ts";
import { assertOnce, eventOf, idsOf } from "../support/numbered_events.ts";
import {
  deadLettersOfTable,
  rowsInDirectory,
  rowsInLog,
  rowsOfTable,
} from "../support/table_rows.ts";
import { open, type Options } from "./writer_helpers.ts";

/** What is done with a writer. */
type Step =
  /** Appends so many events, from this time on; some are no JSON. */
  | { readonly kind: "append"; readonly events: number; readonly second: number }
  | { readonly kind: "flush" | "reopen" };

/** How long a process lives. */
interface Life {
  /** How many calls are answered. */
  readonly calls: number;
  /** Which of those under way at its death happen all the same: bit 0 is the first. */
  readonly underWay: number;
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        events: fc.integer({ min: 1, max: 6 }),
        second: fc.integer({ min: 0, max: 240 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("flush", "reopen") }) },
  ),
  { minLength: 1, maxLength: 12 },
);
const lives = fc.array(
  fc.record({ calls: fc.integer({ min: 1, max: 45 }), underWay: fc.nat(255) }),
  { maxLength: 6 },
);

class Trial {
  readonly store = new MemoryStore();
  #journal = new MemoryJournal();
  readonly #options: Partial<Options>;
  readonly #padBytes: number;
  #nextId = 0;
  readonly events = { attempted: new Set<number>(), acknowledged: new Set<number>() };
  readonly noEvents = { attempted: new Set<number>(), acknowledged: new Set<number>() };

  constructor(options: Partial<Options> & { readonly padBytes: number }) {
    const { padBytes, ...rest } = options;
    this.#options = rest;
    this.#padBytes = padBytes;
  }

  /** Lives for a while, and dies; or comes to the end of the steps and closes. */
  async live(steps: Step[], { calls, underWay }: Life): Promise<boolean> {
    const fateOf = ({ index }: Call): Fate => {
      if (index < calls) return "answered";
      return index < calls + 8 && (underWay >> index - calls & 1) === 1 ? "unanswered" : "lost";
    };
    const process = new Mortal(fateOf);
    await process.survive(this.#run(steps, process));
    if (process.isDead) this.#journal = this.#journal.crash();
    return !process.isDead;
  }

  async #run(steps: Step[], process: Mortal): Promise<void> {
    const reopen = (): Promise<TableWriter> =>
      open({
        ...this.#options,
        store: process.store(this.store),
        journal: process.journal(this.#journal),
      });
    let writer = await reopen();
    while (steps.length > 0) {
      const step = steps.shift()!;
      if (step.kind === "append") await this.#append(writer, step);
      else if (step.kind === "flush") await writer.flush();
      else {
        await writer[Symbol.asyncDispose]();
        writer = await reopen();
      }
    }
    await writer.close();
    const { accepted, written, deadLettered, dropped } = writer.counts;
    assert.equal(accepted, written + deadLettered + dropped);
  }

  async #append(writer: TableWriter, step: Step & { kind: "append" }): Promise<void> {
    const appends: Promise<void>[] = [];
    for (let i = 0; i < step.events; i++) {
      const id = this.#nextId++;
      const isEvent = id % 7 !== 3;
      const { attempted, acknowledged } = isEvent ? this.events : this.noEvents;
      attempted.add(id);
      const pad = `${id}`.padEnd(this.#padBytes);
      const event = { ...eventOf(id, step.second + i * 13), pad };
      appends.push(
        writer.append(isEvent ? event : `no event ${id}`).then(() => void acknowledged.add(id)),
      );
    }
    await Promise.all(appends);
  }

  /** What must be so at any time. */
  async check(): Promise<void> {
    await rowsInDirectory(this.store);
    const ids = idsOf((await rowsInLog(this.store)).rows);
    assertOnce(ids, { ...this.events, acknowledged: [] });
  }

  /** What must be so in the end. */
  async checkAll(): Promise<void> {
    assertOnce(idsOf(await rowsOfTable(this.store)), this.events);
    const letters = await deadLettersOfTable(this.store);
    const ids = letters.map(({ raw }) => Number(raw.replace("no event ", "")));
    assertOnce(ids.sort((a, b) => a - b), this.noEvents);
  }
}

for (
  const [name, { numRuns, ...options }] of Object.entries(
    {
      "": { numRuns: 60, padBytes: 0 },
      " and windows wait for late events": { numRuns: 25, padBytes: 0, lateness: "1m" },
      " and there is little memory": { numRuns: 12, padBytes: 100_000, memoryLimitBytes: 1 << 20 },
      " and there are no partitions": { numRuns: 12, padBytes: 0, partitionBy: [] },
    } as const,
  )
) {
  test(`crashes lose nothing and double nothing${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, lives, async (steps, lives) => {
        const trial = new Trial(options);
        const left = [...steps];
        for (const life of lives) {
          await trial.live(left, life);
          await trial.check();
        }
        assert(await trial.live(left, { calls: Infinity, underWay: 0 }));
        await trial.checkAll();
      }),
      { numRuns, seed: 20220601 },
    );
  });
}
