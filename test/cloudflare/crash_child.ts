// Runs a Worker in workerd until it is killed: `node crash_child.mjs BUNDLE DIRECTORY PORT`.
import { readFileSync } from "node:fs";
import process from "node:process";
import { Log, LogLevel } from "miniflare";
import { runWorker, workerdOptions } from "./workerd.ts";

const [bundle, directory, port] = process.argv.slice(2) as [string, string, string];
const { code, wasm } = JSON.parse(readFileSync(bundle, "utf8")) as {
  readonly code: string;
  readonly wasm: readonly (readonly [name: string, file: string])[];
};
const { url } = await runWorker(workerdOptions({
  code,
  wasm: new Map(wasm.map(([name, file]) => [name, readFileSync(file)])),
}, {
  directory,
  more: {
    unsafeDirectSockets: [{ host: "127.0.0.1", port: Number(port) }],
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio() {},
  },
}));
console.log(`READY ${url}`);
