import assert from "node:assert/strict";
import { StoreError } from "../../mod.ts";
import { JournalError } from "../../src/journal/errors.ts";
import type { StoreFault } from "../../src/testing/mod.ts";

/** A disk that is full. */
export const FULL: Error = Object.assign(new Error("ENOSPC: no space left on device"), {
  code: "ENOSPC",
});

/** What goes wrong with the n-th call, or with it and all after it. */
export interface Plan {
  readonly name: string;
  readonly faultAt: (nthCall: number, n: number) => StoreFault | undefined;
}

/** Every way in which calls go wrong here. */
export const PLANS: readonly Plan[] = [
  {
    name: "fails once",
    faultAt: (call, n) => call === n ? { kind: "fail", error: FULL } : undefined,
  },
  {
    name: "fails, as all after it",
    faultAt: (call, n) => call >= n ? { kind: "fail", error: FULL } : undefined,
  },
  {
    name: "succeeds but reports a failure",
    faultAt: (call, n) => call === n ? { kind: "fail-after", error: FULL } : undefined,
  },
  {
    name: "succeeds but reports a failure, as all after it",
    faultAt: (call, n) => call >= n ? { kind: "fail-after", error: FULL } : undefined,
  },
  { name: "is slow", faultAt: (call, n) => call === n ? { kind: "delay", ms: 20 } : undefined },
];

/** The error says what could not be done, and to what, and why. */
export function assertClear(error: unknown): void {
  assert(error instanceof StoreError || error instanceof JournalError, String(error));
  assert.match(error.message, /^Cannot \w+ .*(ENOSPC|earlier write failed|planned)/);
  if (error instanceof StoreError) {
    assert.equal(error.cause, FULL);
    assert.match(error.operation, /^(put|get|getRange|list|delete)$/);
    assert(error.message.includes(JSON.stringify(error.key)));
  }
}
