// Builds the demo and serves it on this machine:
// `node scripts/start_demo.mjs [--port 8080] [--worker]`, with the example Worker beside it if asked.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildDemo, CONTENT_SECURITY_POLICY } from "./build_demo.mjs";
import { importBundled } from "./import_bundled.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".gz": "application/gzip",
};

/**
 * Serves a directory on 127.0.0.1.
 *
 * @param options `port`; any that is free by default.
 */
export async function serveDirectory(directory, { port = 0 } = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const name = pathname === "/" ? "/index.html" : pathname;
    try {
      // All that is served lies in one directory.
      if (!/^\/[\w.-]+$/.test(name) || name.includes("..")) throw { code: "ENOENT" };
      const bytes = await readFile(join(directory, name));
      response.writeHead(200, {
        "content-type": TYPES[extname(name)] ?? "application/octet-stream",
        "content-length": bytes.length,
        "content-security-policy": `${CONTENT_SECURITY_POLICY}; frame-ancestors 'none'`,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
      });
      response.end(bytes);
    } catch (error) {
      response.writeHead(error.code === "ENOENT" ? 404 : 500).end();
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values: { port, worker } } = parseArgs({
    options: {
      port: { type: "string", default: "8080" },
      worker: { type: "boolean", default: false },
    },
  });
  process.chdir(join(import.meta.dirname, ".."));
  const directory = "dist-demo";
  await buildDemo(directory);
  let server;
  try {
    server = await serveDirectory(directory, { port: Number(port) });
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    server = await serveDirectory(directory);
    console.log(`Port ${port} is in use.`);
  }
  const origin = server.origin.replace("127.0.0.1", "localhost");
  console.log(`The demo is at ${origin}`);
  if (worker) {
    await import("./exit_on_signals.mjs"); // what runs it goes with this process
    const { runExample } = await importBundled("test/cloudflare/example_worker.ts");
    const { url, token } = await runExample([origin, server.origin]);
    console.log(`A Worker is at ${url}, with the token ${token}: for ${origin}/collect.html`);
  }
}
