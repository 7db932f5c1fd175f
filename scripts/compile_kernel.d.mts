/** The kernels, by their sources in AssemblyScript. */
export const JSON_KERNEL: string;
export const PARQUET_KERNEL: string;

/** Compiles kernels to one binary of WebAssembly. */
export function compileKernel(...sources: readonly string[]): Promise<Uint8Array<ArrayBuffer>>;
