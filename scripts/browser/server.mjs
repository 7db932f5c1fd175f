// What browsers are given to run, and where they say what came of it.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { build } from "esbuild";

/** Entries of the package whose examples need a browser. */
const FOR_BROWSERS = [
  "src/stores/opfs.ts",
  "src/stores/idb.ts",
  "src/stores/table_lock.ts",
  "src/journal/opfs.ts",
  "src/journal/idb.ts",
];
const WASM = "parquet_wasm_bg.wasm";
const TYPES = { ".js": "text/javascript", ".map": "application/json", ".wasm": "application/wasm" };

/**
 * Bundles what is in `test/browser` for browsers, and the examples of what is made for them.
 *
 * @returns The directory, which goes at exit.
 */
export async function buildPages() {
  // Its own for each run, so that runs do not get in each other's way.
  const outdir = `.build/browser-${process.pid}`;
  process.on("exit", () => rmSync(outdir, { recursive: true, force: true }));
  const entryPoints = readdirSync("test/browser", { recursive: true })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ in: join("test/browser", path), out: path.slice(0, -".ts".length) }));
  mkdirSync(join(outdir, "examples"), { recursive: true });
  for (const [name, code] of examples()) {
    const path = join(outdir, "examples", `${name}.ts`);
    writeFileSync(path, code);
    entryPoints.push({ in: path, out: `examples/${name}` });
  }
  await build({
    entryPoints,
    outdir,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    alias: {
      "#parquet-wasm-source": "./src/parquet/wasm_source_fetch.ts",
      "node:assert/strict": "./test/browser/harness/assert.ts",
      "node:test": "./test/browser/harness/collector.ts",
    },
    sourcemap: "inline",
    logLevel: "warning",
  });
  return outdir;
}

/** The examples in doc comments of what is made for browsers, by the name of what is exported. */
function examples() {
  const found = new Map();
  for (const path of FOR_BROWSERS) {
    const text = readFileSync(path, "utf8");
    const pattern = /```ts\n((?: \* .*\n| \*\n)*) \* ```\n \*\/\nexport (?:async )?\w+ (\w+)/g;
    for (const [, code, name] of text.matchAll(pattern)) {
      found.set(name, code.replace(/^ \* ?/gm, ""));
    }
  }
  return found;
}

/** The names of the examples in a directory of {@linkcode buildPages}. */
export function exampleNames(directory) {
  const files = readdirSync(join(directory, "examples")).filter((path) => path.endsWith(".js"));
  return files.map((path) => path.slice(0, -".js".length));
}

/** Runs the module of that name in Node, and returns what its function of that name resolves to. */
export async function runInNode(directory, name, exported) {
  const outfile = join(directory, "node", `${name}.mjs`);
  await build({
    entryPoints: [`test/browser/${name}.ts`],
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "es2022",
    logLevel: "warning",
  });
  const code = `import { ${exported} } from ${JSON.stringify(`./${outfile}`)};
    console.log(JSON.stringify(await ${exported}()));`;
  const run = promisify(execFile);
  return JSON.parse((await run(process.execPath, ["--input-type=module", "--eval", code])).stdout);
}

/**
 * Serves the pages on 127.0.0.1: `/NAME?…` is a page that runs `NAME.ts`.
 *
 * @param answers What is said to a POST or GET of a path: functions of what was sent.
 */
export async function servePages(directory, answers) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    try {
      const answer = answers[pathname];
      if (answer !== undefined) {
        const body = await bodyOf(request);
        const said = await answer(body === "" ? undefined : JSON.parse(body));
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(said ?? null));
      } else if (pathname.startsWith("/code/")) {
        const path = pathname.endsWith(WASM)
          ? join("node_modules/parquet-wasm/esm", WASM)
          : join(directory, pathname.slice("/code/".length));
        const bytes = await readFile(path);
        response.setHeader("content-type", TYPES[extname(path)]);
        response.setHeader("access-control-allow-origin", "*"); // for frames without an origin
        response.end(bytes);
      } else if (/^\/[\w/]+$/.test(pathname)) {
        response.setHeader("content-type", "text/html");
        response.end(
          `<!doctype html><link rel="icon" href="data:"><title>sluice</title>` +
            `<script type="module" src="/code${pathname}.js"></script>`,
        );
      } else {
        response.writeHead(404).end();
      }
    } catch (error) {
      response.writeHead(error.code === "ENOENT" ? 404 : 500).end(String(error));
    }
  });
  // A connection that it closes for being idle may be the one that a report is just sent on, which
  // the browser then gives up.
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bodyOf(request) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}
