// Apart from the kernel's own binary, which is loaded with what encodes.

let given: WebAssembly.Module | null | undefined;

/** Sets the kernel that encodes from now on. With `null`, parquet-wasm does. */
export function setParquetKernel(module: WebAssembly.Module | null | undefined): void {
  given = module;
}

/** What was set; `undefined` stands for the kernel that is at hand. */
export function givenParquetKernel(): WebAssembly.Module | null | undefined {
  return given;
}
