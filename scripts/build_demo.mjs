// Builds the demo, static pages: `node scripts/build_demo.mjs [--out DIR]`, by default into
// `dist-demo`. Any host of static files can serve it.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
const SAMPLE = { sessionsPerDay: 8000, users: 500, duration: "1d", seed: 7 };

/**
 * What the pages may do. Events may be fetched from any site that allows it, and sent to one; also
 * to a Worker that runs on the visitor's own machine.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Builds the pages into a directory. */
export async function buildDemo(out) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const common = {
    absWorkingDir: ROOT,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    sourcemap: "linked",
    legalComments: "none",
    alias: { "#parquet-wasm-source": "./src/parquet/wasm_source_fetch.ts" },
    logLevel: "warning",
  };
  const { metafile } = await build({
    ...common,
    entryPoints: {
      main: "web-demo/page/main.ts",
      worker: "web-demo/worker/main.ts",
      painter: "web-demo/painter/main.ts",
      collect: "web-demo/collect/main.ts",
    },
    outdir: out,
    metafile: true,
  });
  await build({
    ...common,
    entryPoints: { main: "web-demo/style/main.css", collect: "web-demo/style/collect.css" },
    outdir: out,
  });
  for (const name of ["index.html", "collect.html"]) {
    const html = readFileSync(join(ROOT, "web-demo", name), "utf8");
    writeFileSync(join(out, name), html.replace("%CSP%", CONTENT_SECURITY_POLICY));
  }
  cpSync(join(ROOT, "web-demo/favicon.svg"), join(out, "favicon.svg"));
  const wasm = "parquet_wasm_bg.wasm";
  cpSync(join(ROOT, "node_modules/parquet-wasm/esm", wasm), join(out, wasm));
  writeFileSync(join(out, "sample.ndjson.gz"), gzipSync(await simulate(SAMPLE), { level: 9 }));
  return metafile;
}

/** JSON lines of a simulation. */
async function simulate(options) {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["src/simulate/mod.ts"],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2022",
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const { simulateJsonLines } = await import(`data:text/javascript;base64,${code}`);
  return Buffer.from(await new Response(simulateJsonLines(options)).arrayBuffer());
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values: { out } } = parseArgs({
    options: { out: { type: "string", default: join(ROOT, "dist-demo") } },
  });
  const { outputs } = await buildDemo(out);
  for (const [path, { bytes }] of Object.entries(outputs)) {
    if (!path.endsWith(".map")) console.log(`${path}  ${(bytes / 1000).toFixed(0)} kB`);
  }
}
