import assert from "node:assert/strict";
import { test } from "node:test";

test("IdbStore: where a site may store nothing, a put says so", async () => {
  const frame = document.createElement("iframe");
  frame.sandbox.add("allow-scripts");
  frame.src = "/blocked";
  const answered = new Promise<unknown>((resolve) => {
    addEventListener("message", ({ data }) => resolve(data), { once: true });
  });
  document.documentElement.append(frame);
  const error = { isStoreError: true, operation: "put", key: "a", cause: "SecurityError" };
  assert.deepEqual(await answered, { first: error, second: error });
  frame.remove();
});
