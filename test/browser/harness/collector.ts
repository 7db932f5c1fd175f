/** What stands in for `node:test` in a browser: keeps the tests of a suite, and runs them. */

type Run = () => void | Promise<void>;

/** What became of a test. */
export interface TestResult {
  readonly name: string;
  readonly ms: number;
  /** Why it failed, if it did. */
  readonly error?: string;
}

let tests: { readonly name: string; readonly run: Run }[] = [];

/** How long a test may take. */
const MAX_MS = 120_000;

/** Keeps a test for {@linkcode runTests}. */
export function test(name: string, run: Run): void {
  tests.push({ name, run });
}

/** Runs the tests that were registered, one after the other, and forgets them. */
export async function* runTests(): AsyncGenerator<TestResult, void, void> {
  const taken = tests;
  tests = [];
  for (const { name, run } of taken) {
    const started = performance.now();
    const error = await failureOf(run);
    yield { name, ms: performance.now() - started, ...(error !== undefined && { error }) };
  }
}

async function failureOf(run: Run): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it took more than ${MAX_MS} ms`)), MAX_MS);
    });
    await Promise.race([run(), tooLong]);
    return undefined;
  } catch (thrown) {
    return describe(thrown);
  } finally {
    clearTimeout(timer);
  }
}

/** What was thrown, with where it was thrown and what caused it. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // Firefox has the message in no stack.
  const stack = thrown.stack ?? "";
  const text = stack.includes(thrown.message) ? stack : `${thrown}\n${stack}`;
  return thrown.cause === undefined ? text : `${text}\ncaused by ${describe(thrown.cause)}`;
}
