// Compares the JSON kernel with the reference decoder on lines made at random:
// `npm run test:fuzz -- [--lines 1000000] [--seed N]`. A difference is printed with its seed.
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

process.chdir(join(import.meta.dirname, ".."));
const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 1e9) },
  },
});
const [lines, seed] = [values.lines, values.seed].map((text) => Number(text.replaceAll("_", "")));
if (!Number.isSafeInteger(lines) || lines < 1 || !Number.isSafeInteger(seed)) {
  console.error(`--lines and --seed must be whole numbers: current values are ${lines}, ${seed}`);
  process.exit(2);
}

const directory = resolve(`.build/fuzz-${process.pid}`);
mkdirSync(directory, { recursive: true });
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
const outfile = join(directory, "fuzz.mjs");
await build({
  entryPoints: ["test/decode/kernel_fuzz.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
});
const { fuzzKernel } = await import(pathToFileURL(outfile).href);

console.log(`seed ${seed}`);
let said = 0;
const read = fuzzKernel(seed, lines, (count) => {
  if (count - said < 50_000) return;
  said = count;
  console.log(`${count} lines`);
});
console.log(`${read} lines: the kernel and the reference decoder agree`);
