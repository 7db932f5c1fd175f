// Compares the JSON kernel with the reference decoder on lines made at random:
// `npm run test:fuzz -- [--lines 1000000] [--seed N]`. A difference is printed with its seed.
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { importBundled } from "./import_bundled.mjs";

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

const { fuzzKernel } = await importBundled("test/decode/kernel_fuzz.ts");

console.log(`seed ${seed}`);
let said = 0;
const read = fuzzKernel(seed, lines, (count) => {
  if (count - said < 50_000) return;
  said = count;
  console.log(`${count} lines`);
});
console.log(`${read} lines: the kernel and the reference decoder agree`);
