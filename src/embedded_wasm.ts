/**
 * Compiles WebAssembly that is kept as base64; `null` where that cannot be done: there is no SIMD, or
 * a page or runtime forbids to compile.
 */
export function compileEmbedded(base64: string): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(bytesOf(base64));
  } catch {
    return null;
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
