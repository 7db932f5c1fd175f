// A process that writes a table and may be told to kill itself at one of its own steps:
//
//     node child.mjs source DIR KILL_AT            streamToParquet from DIR/events.ndjson
//     node child.mjs writer DIR KILL_AT FIRST LAST  appends events of these ids through a journal
//
// A step is the moment before or after a call of the file system: KILL_AT counts them, 0 is never. One
// that is not killed says at its end how many there were.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import { Readable } from "node:stream";
import { type ReplayableSource, streamToParquet, TableWriter, tumbling } from "../../mod.ts";
import { FsJournal } from "../../src/journal/fs.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { APPEND_SIZE, eventOf } from "./events.ts";

const [mode, directory, killAt, first, last] = process.argv.slice(2);

let steps = 0;

function step(name: string): void {
  if (++steps !== Number(killAt)) return;
  fs.writeSync(1, `KILLED ${name}\n`);
  process.kill(process.pid, "SIGKILL");
}

type Call = (...args: unknown[]) => Promise<unknown>;

/** Makes steps of the calls of some functions, which are methods of `target`. */
function watch(target: object, names: readonly string[]): void {
  const functions = target as Record<string, Call>;
  for (const name of names) {
    const call = functions[name]!;
    functions[name] = async function (this: unknown, ...args) {
      step(`before ${name}`);
      const result = await call.apply(this, args);
      step(`after ${name}`);
      return result;
    };
  }
}

const probe = await fs.promises.open(process.execPath);
watch(Object.getPrototypeOf(probe), ["write", "writev", "writeFile", "sync", "datasync"]);
await probe.close();
watch(fs.promises, ["open", "rename", "link", "unlink", "rm", "mkdir"]);
syncBuiltinESMExports();

const OPTIONS = {
  store: new FsStore(`${directory}/table`),
  time: "at",
  window: tumbling("1m"),
  partitionBy: ["page"],
  lateness: "5s",
} as const;

if (mode === "source") {
  const path = `${directory}/events.ndjson`;
  const source: ReplayableSource = {
    id: "events",
    open: (offset) =>
      Promise.resolve(
        Readable.toWeb(fs.createReadStream(path, { start: offset })) as ReadableStream<Uint8Array>,
      ),
  };
  await streamToParquet(source, { ...OPTIONS, batchBytes: 1024 });
} else {
  // Small files, so that they are merged and removed while it runs.
  const journal = new FsJournal(`${directory}/journal`, { maxFileBytes: 4000 });
  const writer = await TableWriter.open({ ...OPTIONS, journal });
  for (let id = Number(first); id <= Number(last); id += APPEND_SIZE) {
    fs.writeSync(1, `TRIED ${id}\n`);
    await writer.append(Array.from({ length: APPEND_SIZE }, (_, i) => eventOf(id + i)));
    fs.writeSync(1, `ACKNOWLEDGED ${id}\n`);
  }
  await writer.close();
}
fs.writeSync(1, `STEPS ${steps}\n`);
