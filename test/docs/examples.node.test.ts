import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { codeBlocks, compileForNode, emptyDirectory, run, typeCheck } from "./snippets.ts";

/** What `deno doc --json` tells of a file, as far as it is used here. */
interface DocumentedFile {
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly {
      readonly jsDoc?: {
        readonly doc?: string;
        readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
      };
    }[];
  }[];
}

const symbols = publicSymbols();
const directory = emptyDirectory("doc_examples");
const examples = symbols.flatMap(({ name, declarations }) =>
  declarations.flatMap(({ jsDoc }) =>
    (jsDoc?.tags ?? [])
      .filter(({ kind }) => kind === "example")
      .flatMap(({ doc = "" }) => codeBlocks(doc))
      .map(({ code }, i) => {
        const file = join(directory, `${name}${i === 0 ? "" : i}.ts`);
        writeFileSync(file, `${code}\nexport {};\n`);
        return { name, code, file };
      })
  )
);

test("the public symbols are found, and most of what can be called has an example", () => {
  assert.ok(symbols.length > 50, `${symbols.length} symbols`);
  assert.ok(examples.length > 15, `${examples.length} examples`);
});

test("every public symbol has a doc comment", () => {
  const silent = symbols
    .filter(({ declarations }) => !declarations.some(({ jsDoc }) => jsDoc?.doc || jsDoc?.tags))
    .map(({ name }) => name);
  assert.deepEqual(silent, []);
});

test("the examples of doc comments are sound to the compiler", () => {
  assert.equal(typeCheck(directory, examples.map(({ file }) => file)), "");
});

/** Imports of what is made for browsers. */
const FOR_BROWSERS =
  /from "sluice\/(stores\/opfs|stores\/idb|journals\/opfs|journals\/idb|table-lock)"/;

for (const { name, code, file } of examples) {
  const skip = FOR_BROWSERS.test(code) && "it needs a browser: test/browser/examples.browser.ts";
  test(`the example of ${name} runs and prints what it says`, { skip }, async () => {
    const { status, output } = run(
      [process.execPath, await compileForNode(directory, file)],
      { cwd: directory },
    );
    assert.equal(status, 0, output);
    assertPrinted(output, promisedOutput(code));
  });
}

/** What stands behind each `console.log(…);` of an example as a comment. */
function promisedOutput(code: string): string[] {
  return Array.from(code.matchAll(/console\.log\(.*\);? *\/\/ (.*)$/gm), ([, text]) => text!);
}

/** Asserts that lines appear, in order, among those printed; a line may end in `…` or a remark. */
function assertPrinted(output: string, promised: readonly string[]): void {
  const lines = output.replaceAll("'", '"').split("\n");
  let at = 0;
  for (const text of promised) {
    const [beginning] = text.split(/ ?…|: /) as [string, ...string[]];
    const found = lines.findIndex((line, i) => i >= at && line.startsWith(beginning));
    assert.ok(found >= 0, `${JSON.stringify(text)} was not printed, but:\n${output}`);
    at = found + 1;
  }
}

function publicSymbols(): DocumentedFile["symbols"] {
  const { exports } = JSON.parse(readFileSync("deno.json", "utf8")) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  const entries = Object.values(exports);
  const { stdout } = run(["node_modules/.bin/deno", "doc", "--json", ...entries]);
  const { nodes } = JSON.parse(stdout) as { readonly nodes: Record<string, DocumentedFile> };
  return Object.values(nodes).flatMap((file) => file.symbols);
}
