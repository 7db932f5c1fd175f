import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { build } from "esbuild";
import { simulateJsonLines } from "../../mod.ts";
import { codeBlocks, compileForNode, emptyDirectory, run, typeCheck } from "./snippets.ts";

const blocks = codeBlocks(readFileSync("README.md", "utf8"));
const shells = blocks.filter(({ language }) => language === "sh");
const projectCommands = shells.filter(({ code }) => code.includes("npm "));
const sluiceCommands = shells.filter(({ code }) => code.includes("sluice "));
const denoScripts = blocks.filter(({ language }) => language === "ts");
const nodeScripts = blocks.filter(({ language }) => language === "js");
const edgeScripts = blocks.filter(({ language }) => language === "typescript");
const trees = blocks.filter(({ language }) => language === "text");

test("every block of the README is tested here", () => {
  const kinds = [projectCommands, sluiceCommands, denoScripts, nodeScripts, edgeScripts, trees];
  assert.ok(kinds.every(({ length }) => length > 0));
  assert.equal(kinds.flat().length, blocks.length);
});

test("the npm scripts of the README are there", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  for (const { code } of projectCommands) {
    for (const [, name] of code.matchAll(/npm (?:run )?([\w:]+)/g)) {
      assert.ok(name === "ci" || name! in scripts, name);
    }
  }
});

test("the Worker of the README is the one of the example", () => {
  const worker = readFileSync("examples/cloudflare-worker/src/worker.ts", "utf8");
  for (const { code } of edgeScripts) assert.ok(worker.endsWith(`\n${code.trim()}\n`), code);
});

for (const { code } of sluiceCommands) {
  test("the commands of the README run, and write the tree it shows", async () => {
    const directory = emptyDirectory("readme_commands");
    await installCommand(join(directory, "bin"));
    const path = [join(directory, "bin"), process.env["PATH"]].join(delimiter);
    const { status, output } = run(["sh", "-e", "-c", code], {
      cwd: directory,
      env: { PATH: path },
    });
    assert.equal(status, 0, output);
    assert.match(output, /page_url_path=\/home/);
    assertTree(directory);
  });
}

for (const { code } of denoScripts) {
  test("the Deno script of the README runs as it stands, and writes the tree it shows", async () => {
    const directory = emptyDirectory("readme_deno");
    await writeFile(join(directory, "events.ndjson"), simulateJsonLines({ duration: "1d" }));
    const file = join(directory, "script.ts");
    await writeFile(file, code);
    const config = resolve("deno.json"); // what it says is published as jsr:@sluice/sluice
    const { status, output } = run(
      [resolve("node_modules/.bin/deno"), "run", "--check", "-A", "--config", config, file],
      { cwd: directory },
    );
    assert.equal(status, 0, output);
    assert.match(output, /^\d+ events in \d+ files$/m);
    assertTree(directory);
  });
}

for (const { code } of nodeScripts) {
  test("the Node script of the README runs as it stands", async () => {
    const directory = emptyDirectory("readme_node");
    const file = join(directory, "script.ts");
    await writeFile(file, code);
    assert.equal(typeCheck(directory, [file]), "");
    const { status, output } = run(
      [process.execPath, await compileForNode(directory, file)],
      { cwd: directory },
    );
    assert.equal(status, 0, output);
    assert.match(output, /written: 2,/);
  });
}

function assertTree(directory: string): void {
  const paths = trees.flatMap(({ code }) => treePaths(code));
  assert.ok(paths.length > 5);
  for (const path of paths) assert.ok(existsSync(join(directory, path)), path);
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
  await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${command}.mjs" "$@"\n`);
  await chmod(command, 0o755);
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
