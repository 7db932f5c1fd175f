// A writer among others, for rival_processes.node.test.ts:
// `rival_child.ts DIRECTORY WRITER FIRST COMMITS` makes commits of one event each, and prints why it
// stopped if it had to.
import process from "node:process";
import { TableWriter, tumbling } from "../../mod.ts";
import { FsJournal } from "../../src/journal/fs.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { eventOf, NUMBERED } from "../support/numbered_events.ts";

const [directory, name, first, commits] = process.argv.slice(2);
try {
  const writer = await TableWriter.open({
    ...NUMBERED,
    store: new FsStore(`${directory}/table`),
    journal: new FsJournal(`${directory}/journal-${name}`),
    window: tumbling("1m"),
    writer: name!,
  });
  console.log("open");
  for (let i = 0; i < Number(commits); i++) {
    await writer.append(eventOf(Number(first) + i, i * 60));
    await writer.flush();
  }
  await writer.close();
} catch (error) {
  console.log((error as Error).name);
}
