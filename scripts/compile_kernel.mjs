import asc from "assemblyscript/asc";

/** The kernels, by their sources in AssemblyScript. */
export const JSON_KERNEL = ["src/decode/kernel/mod.ts"];
export const PARQUET_KERNEL = ["src/columns/kernel/mod.ts", "src/parquet/kernel/mod.ts"];

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
