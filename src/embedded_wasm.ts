/**
 * Compiles WebAssembly that is kept as base64; `null` where that cannot be done: there is no SIMD, or
 * a page or runtime forbids to compile.
 */
export function compileEmbedded(base64: string): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
}
