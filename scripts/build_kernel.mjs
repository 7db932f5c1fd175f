// Compiles the JSON kernel: `node scripts/build_kernel.mjs [--check]`.
//
// What comes out is kept with the sources, since those who import them have no compiler; `--check`
// says whether it is up to date instead of writing it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import asc from "assemblyscript/asc";

process.chdir(join(import.meta.dirname, ".."));
const TARGET = "src/decode/kernel_wasm.ts";

const { error, stderr, binary } = await compile();
if (error) {
  console.error(stderr);
  process.exit(1);
}
const made = `// Made by scripts/build_kernel.mjs from the sources in kernel/.

/** The binary of the JSON kernel. */
export const KERNEL_BASE64 =
  "${Buffer.from(binary).toString("base64")}";
`;
if (!process.argv.includes("--check")) {
  writeFileSync(TARGET, made);
  console.log(`${TARGET}: ${binary.length} bytes of WebAssembly`);
} else if (readFileSync(TARGET, "utf8") !== made) {
  console.error(`${TARGET} is not what its sources say: run node scripts/build_kernel.mjs`);
  process.exit(1);
}

async function compile() {
  let binary;
  const { error, stderr } = await asc.main([
    "src/decode/kernel/mod.ts",
    "--outFile=kernel.wasm",
    "-O3s",
    "--converge",
    "--noAssert",
    "--enable=simd",
    "--enable=bulk-memory",
    "--runtime=stub",
    "--use=abort=",
  ], {
    writeFile(_name, contents) {
      binary = contents;
    },
  });
  return { error, stderr: stderr.toString(), binary };
}
