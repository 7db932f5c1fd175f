import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelDecoder } from "../../src/decode/kernel_decoder.ts";
import { randomOf } from "../support/random.ts";
import { utf8 } from "./decode_helpers.ts";
import { fuzzKernel } from "./kernel_fuzz.ts";

test("the kernel reads what the reference reads, and refuses what it refuses", () => {
  fuzzKernel(1, 20_000);
});

test("the kernel rounds numbers of many digits as JavaScript does", () => {
  const random = randomOf(1);
  const texts: string[] = [];
  for (let i = 0; i < 30_000; i++) {
    const digits = Array.from({ length: 15 + random(5) }, () => random(10)).join("");
    texts.push(withPoint(digits, random(23)));
    // Halfway between two doubles, and right beside it.
    const odd = 2n ** 53n + BigInt(random(2 ** 26)) * BigInt(random(2 ** 26)) * 2n + 1n;
    const decimals = 1 + random(3);
    const halfway = odd * 5n ** BigInt(decimals) + BigInt(random(3) - 1);
    texts.push(withPoint(String(halfway), decimals));
  }
  const bytes = utf8(texts.map((text) => `{"number":${text}}\n`).join(""));
  const decoder = new KernelDecoder({
    time: undefined,
    maxEventBytes: 1 << 20,
    now: () => 0,
    firstLine: 1,
  });
  const { columns, rows } = decoder.decode({ bytes, start: 0, end: bytes.length });
  assert.equal(rows, texts.length);
  const { floats } = columns.get("number")!;
  for (const [row, text] of texts.entries()) assert.equal(floats[row], Number(text), text);
});

/** A number of so many decimals; at least one. */
function withPoint(digits: string, decimals: number): string {
  const count = Math.max(decimals, 1);
  const all = digits.padStart(count + 1, "0");
  const whole = all.slice(0, -count).replace(/^0+(?=\d)/, "");
  return `${whole}.${all.slice(-count)}`;
}
