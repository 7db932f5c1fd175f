/** What stands in for `node:assert/strict` in a browser: the part of it that tests use there. */

type ErrorClass = abstract new (...args: never[]) => Error;
type Expected = RegExp | ErrorClass | ((thrown: unknown) => boolean);

function assert(condition: unknown, message = "it does not hold"): asserts condition {
  if (!condition) throw new Error(message);
}

function equal(actual: unknown, expected: unknown, message = "not equal"): void {
  assert(
    Object.is(actual, expected),
    `${message}: expected ${show(expected)}, got ${show(actual)}`,
  );
}

/** For bytes, and for values that JSON can show, with numbers of any kind. */
function deepEqual(actual: unknown, expected: unknown, message = "not equal"): void {
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    const same = actual.length === expected.length &&
      actual.every((byte, i) => byte === expected[i]);
    assert(same, `${message}: expected ${show(expected)}, got ${show(actual)}`);
  } else {
    equal(show(actual), show(expected), message);
  }
}

function match(text: string, pattern: RegExp): void {
  assert(pattern.test(text), `expected ${pattern}, got ${show(text)}`);
}

async function rejects(
  run: Promise<unknown> | (() => Promise<unknown>),
  expected: Expected,
): Promise<void> {
  let thrown: unknown;
  try {
    await (typeof run === "function" ? run() : run);
  } catch (error) {
    thrown = error;
  }
  assert(thrown !== undefined, "expected a rejection, but it resolved");
  if (expected instanceof RegExp) match(String(thrown), expected);
  else if (isErrorClass(expected)) assert(thrown instanceof expected, `unexpected: ${thrown}`);
  else assert(expected(thrown), `unexpected: ${thrown}`);
}

function isErrorClass(expected: Exclude<Expected, RegExp>): expected is ErrorClass {
  return (expected as ErrorClass).prototype instanceof Error || expected === Error;
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes ${value.subarray(0, 20)}`;
  return String(JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (typeof inner === "number" && !Number.isFinite(inner)) return String(inner);
    if (inner === undefined) return "undefined";
    return inner instanceof Map || inner instanceof Set ? [...inner] : inner;
  }));
}

const all: typeof assert & {
  ok: typeof assert;
  equal: typeof equal;
  deepEqual: typeof deepEqual;
  match: typeof match;
  rejects: typeof rejects;
} = Object.assign(assert, { ok: assert, equal, deepEqual, match, rejects });
export default all;
