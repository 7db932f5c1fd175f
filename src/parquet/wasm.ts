import { wasmSource } from "#parquet-wasm-source";

/** The binary of parquet-wasm: a compiled module, its bytes, or where to fetch it. */
export type ParquetWasmSource = WebAssembly.Module | Uint8Array<ArrayBuffer> | URL | Response;

/** What can be handed to workers, which share the code that was compiled from it. */
export type SharedParquetWasm = WebAssembly.Module | URL | undefined;

let loading: Promise<void> | undefined;
let shared: Promise<SharedParquetWasm> | undefined;

/**
 * Loads parquet-wasm, once. There is no need to call it, except to say where the binary is in a
 * place that cannot find it by itself, or to have the wait over before the first file.
 *
 * @throws {TypeError} If another binary is given after one was loaded.
 *
 * @example
 * ```ts
 * import { loadParquetWasm } from "sluice";
 *
 * await loadParquetWasm();
 * ```
 */
export function loadParquetWasm(source?: ParquetWasmSource): Promise<void> {
  if (loading !== undefined && source !== undefined) {
    throw new TypeError("Cannot load parquet-wasm from here: it was loaded already");
  }
  loading ??= load(source);
  return loading;
}

async function load(source: ParquetWasmSource | undefined): Promise<void> {
  try {
    const { default: init, initSync } = await import("parquet-wasm/esm");
    const found = await shareParquetWasm(source);
    if (found === undefined) await init();
    // In Node, `init` has all of `fetch` loaded, only to see that the module is no request. What
    // instantiates at once is not for pages, which refuse that for large modules.
    else if (found instanceof WebAssembly.Module && !isPage()) initSync({ module: found });
    else await init({ module_or_path: found });
  } catch (cause) {
    loading = shared = undefined; // a failed download may be tried again
    throw new Error("Cannot load parquet-wasm", { cause });
  }
}

/**
 * Compiles the binary, once, without loading it here. `undefined` is where the package fetches it
 * by itself.
 */
export function shareParquetWasm(source?: ParquetWasmSource): Promise<SharedParquetWasm> {
  shared ??= compile(source);
  return shared;
}

async function compile(source: ParquetWasmSource | undefined): Promise<SharedParquetWasm> {
  const found = source ?? await wasmSource();
  if (ArrayBuffer.isView(found)) {
    return await WebAssembly.compile(found as Uint8Array<ArrayBuffer>);
  }
  // Not by its class, whose name alone has Node load all of `fetch`.
  const response = found as { arrayBuffer?(): Promise<ArrayBuffer> } | undefined;
  if (response?.arrayBuffer === undefined) return found as SharedParquetWasm;
  return await WebAssembly.compile(await response.arrayBuffer());
}

function isPage(): boolean {
  return "document" in globalThis;
}
