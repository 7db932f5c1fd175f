import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

/** What may know the runtime it is made for; everything else is core. */
const MADE_FOR_ONE_RUNTIME =
  /^(stores|journal|workers)\/(fs|opfs|idb)|^(cli|workers|cloudflare|sources)\/|^parquet\/wasm_source_node\.ts$/;

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"));

/** A file's code: no comments, nothing in quotes, but the modules it imports. */
function codeOf(path: string): { readonly code: string; readonly imports: readonly string[] } {
  const text = readFileSync(join("src", path), "utf8");
  const bare = text.replaceAll(
    /\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/(?![*/])(?:[^/\\\n]|\\.)+\/[dgimsuvy]*(?=[.,;)])/g,
    (token) => token.startsWith('"') ? '""' : " ",
  );
  const imports = text.matchAll(/^(?:import|export)\b[^;"']*?\bfrom "([^"]+)"|^import "([^"]+)"/gm);
  return { code: bare, imports: Array.from(imports, ([, from, alone]) => from ?? alone!) };
}

/** Where code outside some files names something it may not. */
function breaches(isBound: (path: string) => boolean, forbidden: RegExp): string[] {
  return files.filter(isBound).flatMap((path) => {
    const { code } = codeOf(path);
    return Array.from(code.matchAll(forbidden), ([name]) => `src/${path}: ${name.trim()}`);
  });
}

const isCore = (path: string) => !MADE_FOR_ONE_RUNTIME.test(path);
const isPure = (path: string) => /^(window|columns|partition)\//.test(path);

test("the scan sees what it should", () => {
  assert.ok(files.length > 50);
  assert.ok(breaches((path) => path.startsWith("cli/"), /\bprocess\b/g).length > 0);
  assert.ok(codeOf("pipeline.ts").imports.includes("./decode/byte_stream.ts"));
  assert.ok(codeOf("stores/fs.ts").imports.some((name) => name.startsWith("node:")));
});

test("core names nothing that only one runtime has", () => {
  assert.deepEqual(
    breaches(
      isCore,
      /(?<![.\w$])(?:Deno|Bun|process|Buffer|require|__dirname|__filename|global)(?=[.([])/g,
    ),
    [],
  );
});

test("core imports no module of a runtime", () => {
  const found = files.filter(isCore).flatMap((path) =>
    codeOf(path).imports.filter((name) => /^(node|bun|deno|cloudflare):/.test(name))
      .map((name) => `src/${path}: ${name}`)
  );
  assert.deepEqual(found, []);
});

test("what is pure asks nobody for the time, for chance, or for anything outside", () => {
  assert.deepEqual(
    breaches(
      isPure,
      /\bfetch\(|\bset(?:Timeout|Interval)\(|\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bMath\.random\(|\bcrypto\.|\bnavigator\.|\bconsole\./g,
    ),
    [],
  );
});

test("what is pure imports only what is pure, or computes", () => {
  const allowed =
    /^(window|columns|partition|kernel)\/|^(options|generator_stream)\.ts$|^decode\/dead_letter\.ts$/;
  const found = files.filter(isPure).flatMap((path) =>
    codeOf(path).imports
      .map((name) => name.startsWith(".") ? join(path, "..", name).replaceAll("\\", "/") : name)
      .filter((name) => !allowed.test(name))
      .map((name) => `src/${path}: ${name}`)
  );
  assert.deepEqual(found, []);
});
