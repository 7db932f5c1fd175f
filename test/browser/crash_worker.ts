/** Writes tables until the browser is killed, and says which events were acknowledged. */

import { TableWriter, tumbling } from "../../mod.ts";
import { eventOf, idsOf, NUMBERED } from "../support/numbered_events.ts";
import { rowsOfTable } from "../support/table_rows.ts";
import { tell } from "./crash_steps.ts";
import { journalAt, type Place, storeAt } from "./places.ts";

interface Plan {
  readonly tables: readonly string[];
  /** Events are appended to the first table, from this one on; none if it is missing. */
  readonly firstId?: number;
}

/** How many messages to the server may be under way. */
const MAX_MESSAGES = 20;

const { tables, firstId } = await (await fetch("/crash/plan")).json() as Plan;
await tell("step", { step: "open" });
for (const table of tables) await verify(table);
if (firstId !== undefined) await write(tables[0]!, firstId);

/** Takes up what was left, and says what is in the table then. */
async function verify(table: string): Promise<void> {
  try {
    const writer = await open(table);
    await writer.close();
    const ids = idsOf(await rowsOfTable(storeAt(await placeOf(table, "table"))));
    await tell("found", { table, ids });
  } catch (error) {
    const { stack, message } = error as Error;
    await tell("found", { table, error: `${message}\n${stack}` });
  }
}

async function write(table: string, firstId: number): Promise<never> {
  const writer = await open(table);
  await tell("step", { step: "append" });
  const messages = new Set<Promise<void>>();
  for (let id = firstId;;) {
    const appends = [1, 2, 3].map(async () => {
      const ids = Array.from({ length: 1 + Math.floor(Math.random() * 15) }, () => id++);
      await writer.append(ids.map((id) => eventOf(id)));
      const message = tell("acknowledged", { table, ids }).finally(() => messages.delete(message));
      messages.add(message);
    });
    await Promise.all(appends);
    while (messages.size >= MAX_MESSAGES) await Promise.race(messages);
  }
}

async function open(table: string): Promise<TableWriter> {
  return await TableWriter.open({
    ...NUMBERED,
    store: storeAt(await placeOf(table, "table")),
    journal: journalAt(await placeOf(table, "journal")),
    window: tumbling("1m"),
  });
}

async function placeOf(table: string, part: string): Promise<Place> {
  if (table.startsWith("Idb")) return `${table}-${part}`;
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle(table, { create: true });
  return await directory.getDirectoryHandle(part, { create: true });
}
