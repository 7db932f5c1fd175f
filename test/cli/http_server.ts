// An HTTP server that serves one text, as well or badly as a test wants.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestServer {
  readonly url: string;
  /** The `Range` header of each request so far, or `"none"`. */
  readonly ranges: string[];
  close(): void;
}

/** Starts a server; `respond` may be as rude as it likes. */
export async function serve(
  respond: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestServer> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? "none");
    response.on("error", () => {}); // clients may go
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/events`,
    ranges,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Answers as a good server does (RFC 9110, section 14). */
export function answerRange(
  bytes: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  if (start === undefined) {
    response.writeHead(200, { "content-length": bytes.length });
    response.end(bytes);
  } else if (Number(start) >= bytes.length) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` });
    response.end();
  } else {
    const rest = bytes.subarray(Number(start));
    response.writeHead(206, {
      "content-length": rest.length,
      "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
    response.end(rest);
  }
}
