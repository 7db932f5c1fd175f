// Every call of the store and of the journal that a table writer makes, gone wrong in every way: the
// next writer completes the table.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryJournal, MemoryStore, TableWriter, tumbling } from "../../mod.ts";
import type { Journal, Store } from "../../mod.ts";
import { FaultyStore } from "../../src/testing/mod.ts";
import { FaultyJournal } from "../support/faulty_journal.ts";
import { assertOnce, eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { deadLettersOfTable, rowsOfTable } from "../support/table_rows.ts";
import { assertClear, PLANS } from "./fault_plans.ts";

const APPENDS = 7;

function open(store: Store, journal: Journal): Promise<TableWriter> {
  return TableWriter.open({ ...NUMBERED, store, journal, window: tumbling("1m") });
}

interface Events {
  readonly attempted: number[];
  readonly acknowledged: number[];
}

/** Appends, two events at a time; one of them comes late, and with each third comes a bad line. */
async function life(store: Store, journal: Journal, events: Events): Promise<void> {
  const writer = await open(store, journal);
  try {
    for (let i = 0; i < APPENDS; i++) {
      const ids = [5 * i, 5 * i + 1];
      events.attempted.push(...ids);
      const second = i === 4 ? 10 : i * 25;
      const bad = i % 3 === 2 ? [`bad ${i}`] : [];
      await writer.append([...ids.map((id) => eventOf(id, second)), ...bad]);
      events.acknowledged.push(...ids);
    }
    await writer.close();
  } catch (error) {
    await writer[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
}

for (const what of ["store", "journal"] as const) {
  for (const { name, faultAt } of PLANS) {
    test(`a call of the ${what} that ${name} costs a table writer nothing`, async () => {
      const trial = async (n: number) => {
        const store = new MemoryStore();
        const journal = new MemoryJournal();
        let calls = 0;
        const plan = ({ nthCall }: { nthCall: number }) => {
          calls = nthCall;
          return faultAt(nthCall, n);
        };
        const events: Events = { attempted: [], acknowledged: [] };
        const failed = await life(
          what === "store" ? new FaultyStore(store, plan) : store,
          what === "journal" ? new FaultyJournal(journal, plan) : journal,
          events,
        ).then(() => false, (error) => {
          assertClear(error);
          return true;
        });
        const next = await open(store, journal.crash());
        await next.close();
        assertOnce(idsOf(await rowsOfTable(store)), events);
        const bad = (await deadLettersOfTable(store)).map(({ raw }) => Number(raw.slice(4)));
        const known = Array.from({ length: APPENDS }, (_, i) => i).filter((i) => i % 3 === 2);
        assertOnce(bad.sort((a, b) => a - b), {
          acknowledged: known.filter((i) => events.acknowledged.includes(5 * i)),
          attempted: known.filter((i) => events.attempted.includes(5 * i)),
        });
        return { failed, calls };
      };
      const { calls } = await trial(Infinity);
      const outcomes = await Promise.all(Array.from({ length: calls }, (_, i) => trial(i + 1)));
      const failures = outcomes.filter(({ failed }) => failed).length;
      if (name === "is slow") assert.equal(failures, 0);
      else assert(failures > 0);
    });
  }
}
