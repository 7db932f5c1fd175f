/** The few assertions the conformance suites need; they run where there is no `node:assert`. */

/** Throws unless the condition holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Throws unless both are the same by `Object.is`, or arrays of such. */
export function assertEquals(actual: unknown, expected: unknown, what: string): void {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
      const item = `${what}, item ${i} of ${actual.length}, where ${expected.length} are expected`;
      if (!Object.is(actual[i], expected[i])) assertEquals(actual[i], expected[i], item);
    }
    assertEquals(actual.length, expected.length, `${what}, length`);
    return;
  }
  assert(Object.is(actual, expected), `${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Throws unless both hold the same bytes. */
export function assertBytes(
  actual: Uint8Array | undefined,
  expected: Uint8Array,
  what: string,
): asserts actual is Uint8Array {
  assert(actual instanceof Uint8Array, `${what}: expected a Uint8Array, got ${show(actual)}`);
  assertEquals(actual.length, expected.length, `${what}, length`);
  // A plain loop: megabytes, in runtimes without `Buffer.compare`.
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) assertEquals(actual[i], expected[i], `${what}, byte ${i}`);
  }
}

/** Runs what must fail, and returns what it threw. */
export async function assertRejects(run: () => Promise<unknown>, what: string): Promise<unknown> {
  try {
    await run();
  } catch (thrown) {
    return thrown;
  }
  throw new Error(`${what}: expected a rejection, but it resolved`);
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
