import assert from "node:assert/strict";
import {
  day,
  month,
  prefixedStore,
  simulateEvents,
  simulateJsonLines,
  type Store,
  streamToParquet,
  TableWriter,
  tumbling,
  type WebEvent,
  year,
} from "../../mod.ts";
import { eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { rowsOfTable } from "../support/table_rows.ts";
import { journalAt, KINDS, storeAt, testIn } from "./places.ts";
import { removeDatabase } from "./support.ts";

const OPTIONS = {
  window: tumbling("15m"),
  time: "event_timestamp",
  partitionBy: [year(), month(), day(), "page_url_path"],
} as const;

for (const kind of KINDS) {
  testIn(
    kind,
    `${kind}Store: a day of events becomes a table, all of which is read back`,
    async (place) => {
      const store = storeAt(place);
      const simulation = { duration: "1d", sessionsPerDay: 100 } as const;
      const events: WebEvent[] = [];
      for await (const event of simulateEvents(simulation)) events.push(event);
      const summary = await streamToParquet(simulateJsonLines(simulation), { ...OPTIONS, store });
      assert.equal(summary.written, events.length);
      // The log opened anew, as by another tab.
      const rows = await rowsOfTable(storeAt(place));
      assert.deepEqual(
        rows.map((row) => String(row["event_id"])).sort(),
        events.map((event) => event.event_id).sort(),
      );
      assert.deepEqual(
        [...new Set(rows.map((row) => row["page_url_path"]))].sort(),
        [...new Set(events.map((event) => event.page_url_path))].sort(),
      );
    },
  );

  testIn(
    kind,
    `${kind}Store: a writer takes up what the one before left in the journal`,
    async (place) => {
      // The journal has a place of its own: for a database, beside the store's.
      const store = storeAt(place);
      const journalPlace = typeof place === "string"
        ? `${place}-journal`
        : await place.getDirectoryHandle("journal", { create: true });
      const tables: Store = prefixedStore(store, "table");
      const open = () =>
        TableWriter.open({
          ...NUMBERED,
          store: tables,
          journal: journalAt(journalPlace),
          window: tumbling("1m"),
          lateness: 0,
        });
      for (let run = 0; run < 3; run++) {
        await using writer = await open();
        for (let i = 0; i < 10; i++) {
          await writer.append(eventOf(10 * run + i, 25 * (10 * run + i)));
        }
      }
      const writer = await open();
      await writer.close();
      assert.deepEqual(idsOf(await rowsOfTable(tables)), Array.from({ length: 30 }, (_, i) => i));
      if (typeof journalPlace === "string") await removeDatabase(journalPlace);
    },
  );
}
