// Compiles the kernels: `node scripts/build_kernel.mjs [--check]`.
//
// What comes out is kept with the sources, since those who import them have no compiler; `--check`
// says whether it is up to date instead of writing it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { compileKernel, JSON_KERNEL, TABLE_KERNEL } from "./compile_kernel.mjs";

process.chdir(join(import.meta.dirname, ".."));

await make("JSON", JSON_KERNEL, "src/decode/kernel_wasm.ts");
await make("Table", TABLE_KERNEL, "src/parquet/kernel_wasm.ts");

async function make(name, source, target) {
  const binary = await compileKernel(source);
  const made = `// Made by scripts/build_kernel.mjs from the sources in kernel/.

/** The binary of the ${name} kernel. */
export const ${name.toUpperCase()}_KERNEL_BASE64 =
  "${Buffer.from(binary).toString("base64")}";
`;
  if (!process.argv.includes("--check")) {
    writeFileSync(target, made);
    console.log(`${target}: ${binary.length} bytes of WebAssembly`);
  } else if (readFileSync(target, "utf8") !== made) {
    console.error(`${target} is not what its sources say: run node scripts/build_kernel.mjs`);
    process.exitCode = 1;
  }
}
