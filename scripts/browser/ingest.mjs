// An ingest for pages to send to, on an origin of its own, that goes and comes back as it is told.
import { createServer } from "node:http";

/**
 * An ingest that is not there yet.
 *
 * @returns `answers`, by which pages steer it: functions of what is posted, as `servePages` takes
 * them; and `close`.
 */
export function makeIngest() {
  /** What came, by the id of its batch: every body as often as it came. */
  const batches = new Map();
  /** `taken`, `refused` or `lost`: what becomes of a batch, the last of them without an answer. */
  let plan = "taken";
  let server;
  let port = 0;

  async function take(request, response) {
    const headers = {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "authorization, content-type",
    };
    if (request.method === "OPTIONS") return response.writeHead(204, headers).end();
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    if (plan === "refused") return response.writeHead(503, headers).end();
    const id = new URL(request.url, "http://localhost").searchParams.get("batch");
    batches.set(id, [...batches.get(id) ?? [], body]);
    if (plan === "lost") return request.socket.destroy();
    response.writeHead(200, headers).end("{}");
  }

  async function down() {
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    server = undefined;
  }

  return {
    answers: {
      /** Lets it be there, always at the same address, and says where. */
      "/ingest/up": async (wanted) => {
        plan = wanted;
        if (server === undefined) {
          server = createServer((...both) => void take(...both));
          await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
          port = server.address().port;
        }
        return `http://127.0.0.1:${port}/v1/events`;
      },
      /** Nobody listens any more. */
      "/ingest/down": down,
      "/ingest/batches": () => Object.fromEntries(batches),
    },
    close: down,
  };
}
