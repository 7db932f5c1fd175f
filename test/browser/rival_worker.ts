/** The worker behind `rivals.ts`. */

import { holdTableLock } from "../../src/stores/table_lock.ts";
import { journalAt, storeAt } from "./places.ts";
import type { Task } from "./rivals.ts";

self.onmessage = ({ data }: MessageEvent<Task>) => perform(data).catch(self.reportError);

async function perform(task: Task): Promise<void> {
  switch (task.do) {
    case "put if absent": {
      const store = storeAt(task.place);
      const won: boolean[] = [];
      for (const key of task.keys) {
        won.push(await store.put(key, task.value, { ifAbsent: true }));
      }
      return self.postMessage(won);
    }
    case "overwrite": {
      const store = storeAt(task.place);
      for (let byte = 1;; byte = byte % 200 + 1) {
        await store.put(task.key, new Uint8Array(1000 * byte).fill(byte));
        self.postMessage(byte);
      }
    }
    case "append": {
      const journal = journalAt(task.place);
      await journal.open();
      for (let seed = 0;; seed++) {
        await journal.append([{ segment: "a", payload: new Uint8Array([seed, seed >> 8]) }]);
        self.postMessage(seed);
      }
    }
    case "hold lock":
      await holdTableLock(task.name);
      return self.postMessage("held");
  }
}
