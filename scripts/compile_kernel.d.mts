/** What decodes, and what does all: by their sources in AssemblyScript. */
export const JSON_KERNEL: readonly string[];
export const TABLE_KERNEL: readonly string[];

/** Compiles kernels to one binary of WebAssembly. */
export function compileKernel(sources: readonly string[]): Promise<Uint8Array<ArrayBuffer>>;
