/**
 * Where parquet-wasm's binary comes from, in browsers, bundlers and Deno: `undefined` lets the
 * package fetch the file that lies beside its own module.
 */
export function wasmSource(): undefined {
  return undefined;
}
