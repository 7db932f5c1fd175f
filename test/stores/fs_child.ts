// What another process does to a store, for fs.node.test.ts: `fs_child.ts ROLE DIRECTORY WRITER`.
import process from "node:process";
import { createInterface } from "node:readline";
import { FsStore } from "../../src/stores/fs.ts";

/** Values whose length follows from the byte they are filled with: see `assertWhole`. */
export function valueOf(n: number): Uint8Array {
  return new Uint8Array(100_000 + (n % 256) * 1000).fill(n % 256);
}

async function main([role, directory, writer]: string[]): Promise<void> {
  const store = new FsStore(directory!);
  if (role === "put") {
    // Until killed. A number is printed once its values are put.
    for (let n = 0;; n++) {
      await Promise.all([
        store.put("same.parquet", valueOf(n)),
        store.put(`page=${n % 5}/${writer}-${n}.parquet`, valueOf(n), { ifAbsent: n % 2 === 0 }),
      ]);
      console.log(n);
    }
  }
  if (role === "race") {
    // For each key that comes in, whether it was put.
    for await (const key of createInterface(process.stdin)) {
      console.log(await store.put(key, new TextEncoder().encode(writer), { ifAbsent: true }));
    }
  }
}

// Not where the test imports what is above.
if (process.argv.length > 2) await main(process.argv.slice(2));
