import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

for (const document of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]) {
  test(`${document} speaks of files that are there`, () => {
    const text = readFileSync(document, "utf8");
    const named = Array.from(text.matchAll(/`((?:src|test|examples)\/[\w./]+)`/g), ([, p]) => p!);
    const linked = Array.from(text.matchAll(/\]\(([\w./]+)\)/g), ([, path]) => path!);
    const paths = [...named, ...linked];
    assert.ok(paths.length > 0);
    assert.deepEqual(paths.filter((path) => !existsSync(path)), []);
  });
}
