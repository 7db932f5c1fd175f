import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { VERSION } from "../../src/cli/version.ts";

interface PackageManifest {
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

interface DenoManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

interface CompilerSettings {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
  readonly files: readonly string[];
}

const npm = readJson<PackageManifest>("package.json");
const jsr = readJson<DenoManifest>("deno.json");
const entries = Object.entries(jsr.exports);

test("all manifests have the same version and licence", () => {
  assert.deepEqual(
    { version: jsr.version, license: jsr.license },
    { version: npm.version, license: npm.license },
  );
  assert.equal(VERSION, npm.version);
  assert.match(readFileSync("CHANGELOG.md", "utf8"), new RegExp(`^## ${npm.version}\\b`, "m"));
});

test("npm and JSR have the same entries", () => {
  const expected = entries.map(([name, source]) => [name, {
    types: source.replace(/^\.\/(.*)\.ts$/, "./dist/$1.d.ts"),
    default: source.replace(/^\.\/(.*)\.ts$/, "./dist/$1.js"),
  }]);
  // What is no module: JSR has none of that.
  const { "./package.json": _, "./kernel.wasm": _kernel, ...exports } = npm.exports;
  assert.deepEqual(exports, Object.fromEntries(expected));
});

test("the source of every entry is found by the name it is imported by", () => {
  const { compilerOptions: { paths } } = readJson<CompilerSettings>("tsconfig.json");
  for (const [name, source] of entries) {
    const specifier = `sluice${name.slice(1)}`;
    assert.equal(jsr.imports[specifier], source);
    const wildcard = specifier.replace(/[^/]+$/, "*");
    const [path] = paths[specifier] ?? paths[wildcard] ?? [];
    assert.equal(path?.replace("*", specifier.replace(/^.*[/]/, "")), source, specifier);
  }
});

test("every entry that is for no single runtime is checked against the web alone", () => {
  const { files } = readJson<CompilerSettings>("tsconfig.core.json");
  const portable = entries.filter(([name]) => !name.endsWith("/fs")).map(([, source]) => source);
  assert.deepEqual(files.map((file) => `./${file}`), portable);
});

test("npm and JSR depend on the same versions of the same packages", () => {
  const dependencies = Object.entries(jsr.imports).flatMap(([name, specifier]) => {
    const [, version] = /^npm:.+@([^/]+)$/.exec(specifier) ?? [];
    return version === undefined ? [] : [[name, version]];
  });
  assert.deepEqual(Object.fromEntries(dependencies), npm.dependencies);
});

test("how the binary of parquet-wasm is found is chosen alike from source and from npm", () => {
  const chosen = npm.imports["#parquet-wasm-source"]!;
  const source = (path: string) => path.replace(/^\.\/dist\/(.*)\.js$/, "./$1.ts");
  const { compilerOptions: { paths } } = readJson<CompilerSettings>("tsconfig.json");
  assert.equal(source(chosen["deno"]!), jsr.imports["#parquet-wasm-source"]);
  assert.deepEqual([source(chosen["node"]!)], paths["#parquet-wasm-source"]);
  assert.equal(chosen["bun"], chosen["node"]);
  assert.equal(chosen["default"], chosen["deno"]);
});

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8").replace(/^ *\/\/.*$/gm, "")) as T;
}
