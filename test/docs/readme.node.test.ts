import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { build } from "esbuild";
import { codeBlocks, compileForNode, emptyDirectory, run, typeCheck } from "./snippets.ts";

const blocks = codeBlocks(readFileSync("README.md", "utf8"));
const directory = emptyDirectory("docs/readme");
const shells = blocks.filter(({ language }) => language === "sh");
const projectCommands = shells.filter(({ code }) => code.includes("npm "));
const sluiceCommands = shells.filter(({ code }) => code.includes("sluice "));
const denoScripts = blocks.filter(({ language }) => language === "ts");
const nodeScripts = blocks.filter(({ language }) => language === "js");
const trees = blocks.filter(({ language }) => language === "text");

test("every block of the README is tested here", () => {
  const kinds = [projectCommands, sluiceCommands, denoScripts, nodeScripts, trees];
  assert.ok(kinds.every(({ length }) => length > 0));
  assert.equal(kinds.flat().length, blocks.length);
});

test("the npm scripts of the README are there", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  for (const { code } of projectCommands) {
    for (const [, name] of code.matchAll(/npm (?:run )?(\w+)/g)) {
      assert.ok(name === "ci" || name! in scripts, name);
    }
  }
});

// These give the events, and the table, to those below.
for (const { code } of sluiceCommands) {
  test("the commands of the README run", async () => {
    await installCommand(join(directory, "bin"));
    const path = [join(directory, "bin"), process.env["PATH"]].join(delimiter);
    const { status, output } = run(["sh", "-e", "-c", code], {
      cwd: directory,
      env: { PATH: path },
    });
    assert.equal(status, 0, output);
    assert.match(output, /page_url_path=%2Fhome/);
  });
}

for (const [i, { code }] of denoScripts.entries()) {
  test(`Deno script ${i + 1} of the README runs as it stands`, () => {
    const file = join(directory, `deno${i}.ts`);
    writeFileSync(file, code);
    const config = resolve("deno.json"); // what it says is published as jsr:@sluice/sluice
    const { status, output } = run(
      [resolve("node_modules/.bin/deno"), "run", "--check", "-A", "--config", config, file],
      { cwd: directory },
    );
    assert.equal(status, 0, output);
    assert.match(output, /^\d+ events in \d+ files$/m);
  });
}

for (const [i, { code }] of nodeScripts.entries()) {
  test(`Node script ${i + 1} of the README runs as it stands`, async () => {
    const file = join(directory, `node${i}.ts`);
    writeFileSync(file, code);
    assert.equal(typeCheck(directory, [file]), "");
    const { status, output } = run(
      [process.execPath, await compileForNode(directory, file)],
      { cwd: directory },
    );
    assert.equal(status, 0, output);
    assert.match(output, /written: 2,/);
  });
}

for (const { code } of trees) {
  test("the tree in the README is the one that was written", () => {
    const paths = treePaths(code);
    assert.ok(paths.length > 5);
    for (const path of paths) assert.ok(existsSync(join(directory, path)), path);
  });
}

/** Makes the command line of the source what `sluice` means to a shell. */
async function installCommand(bin: string): Promise<void> {
  await build({
    entryPoints: { sluice: "src/cli/main.ts" },
    outdir: bin,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
  });
  const command = join(bin, "sluice");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${command}.mjs" "$@"\n`);
  chmodSync(command, 0o755);
}

/** The paths that a drawn tree names. */
function treePaths(tree: string): string[] {
  const trail: string[] = [];
  const paths: string[] = [];
  for (const line of tree.trimEnd().split("\n")) {
    const name = line.replace(/^[│├└─ ]+/, "");
    trail.splice((line.length - name.length) / 4, Infinity, name);
    if (name !== "…") paths.push(trail.join("/"));
  }
  return paths;
}
