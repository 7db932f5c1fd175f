import asc from "assemblyscript/asc";

/** What decodes, by its sources in AssemblyScript. */
export const JSON_KERNEL = ["src/decode/kernel/mod.ts"];
/** What decodes, holds rows and encodes, all in one memory. */
export const TABLE_KERNEL = [
  ...JSON_KERNEL,
  "src/decode/kernel/held_batch.ts",
  "src/columns/kernel/mod.ts",
  "src/parquet/kernel/mod.ts",
];

/** Compiles sources to one binary of WebAssembly. */
export async function compileKernel(sources) {
  let binary;
  const { error, stderr } = await asc.main([
    ...sources,
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
  if (error) throw new Error(`Cannot compile ${sources.join(", ")}:\n${stderr.toString()}`);
  return binary;
}
