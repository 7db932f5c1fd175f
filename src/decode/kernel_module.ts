import { compileEmbedded } from "../embedded_wasm.ts";
import type { TimeUnit } from "./event_time.ts";
import type { EventOptions } from "./event_reader.ts";
import { JSON_KERNEL_BASE64 } from "./kernel_wasm.ts";

/** An instance of the JSON kernel: see kernel/mod.ts. */
export interface Kernel {
  readonly memory: WebAssembly.Memory;
  configure(seed: bigint, maxEventBytes: number, timeNameLength: number, nanoseconds: number): void;
  begin(length: number): number;
  countLines(): number;
  read(): number;
  currentLine(): number;
  rowCount(): number;
  timesAt(): number;
  linesAt(): number;
  columns(): number;
  isFlooded(): number;
  finish(): number;
}

/**
 * What `read` says: all lines are read, or strings have come that were made to be slow to look up.
 * Anything else is a line to be looked at.
 */
export const DONE = 0;
export const FLOODED = 2;

const NANOSECONDS: Readonly<Record<TimeUnit, number>> = {
  s: 1_000_000_000,
  ms: 1_000_000,
  us: 1000,
  ns: 1,
};

let known: WebAssembly.Module | null | undefined;

/**
 * Sets the JSON kernel that decoders use from now on. With `null`, there is only the reference
 * decoder; with `undefined`, it is the kernel that is at hand.
 */
export function setJsonKernel(module: WebAssembly.Module | null | undefined): void {
  known = module;
}

/** What was set; `undefined` if nothing was, and nobody has needed a module yet. */
export function givenJsonKernel(): WebAssembly.Module | null | undefined {
  return known;
}

/** The kernel's module, or `null` where there is none to be had. */
export function kernelModule(): WebAssembly.Module | null {
  if (known === undefined) known = compileEmbedded(JSON_KERNEL_BASE64);
  return known;
}

/** An instance of the JSON kernel. */
export function newJsonKernel(): Kernel {
  const module = kernelModule();
  if (module === null) throw new Error("Cannot decode with the JSON kernel: there is none");
  return instantiate(module);
}

/** An instance of a kernel that has the JSON kernel in it. */
export function instantiate<K extends Pick<Kernel, "memory">>(module: WebAssembly.Module): K {
  const instance = new WebAssembly.Instance(module, {
    js: { toNumber: (at: number, length: number) => Number(asciiText(at, length)) },
  });
  const kernel = instance.exports as unknown as K;
  const asciiText = (at: number, length: number): string =>
    String.fromCharCode(...new Uint8Array(kernel.memory.buffer, at, length));
  return kernel;
}

/** Makes a kernel ready for its first batch. To be called once. */
export function configure(kernel: Kernel, options: EventOptions): Kernel {
  const { time, maxEventBytes } = options;
  const name = new TextEncoder().encode(time?.field ?? "");
  new Uint8Array(kernel.memory.buffer).set(name, kernel.begin(name.length));
  const [seed] = crypto.getRandomValues(new BigUint64Array(1));
  const nanoseconds = time === undefined ? 0 : NANOSECONDS[time.unit];
  kernel.configure(seed!, maxEventBytes, name.length, nanoseconds);
  return kernel;
}
