import { test } from "node:test";
import { fuzzKernel } from "../decode/kernel_fuzz.ts";

test("the kernel reads here what the reference reads", () => {
  fuzzKernel(4, 3000);
});
