import { test } from "node:test";
import { fuzzKernel } from "./kernel_fuzz.ts";

test("the kernel reads what the reference reads, and refuses what it refuses", () => {
  fuzzKernel(1, 20_000);
});
