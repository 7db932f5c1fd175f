/** A page in a frame that sends what it is told: its parent removes it, or loads it anew. */

import { IngestClient } from "../../src/client/mod.ts";

const query = new URLSearchParams(location.search);
if (query.has("beacon")) {
  // As browsers were before fetch could outlive a page.
  delete (Request.prototype as { keepalive?: boolean }).keepalive;
}
const token = query.get("token");
const client = await IngestClient.open({
  url: query.get("url")!,
  database: query.get("database")!,
  gather: "1h",
  ...(token !== null && { token }),
});
addEventListener("message", async ({ data }) => {
  await client.send(data);
  parent.postMessage("kept", "*");
});
parent.postMessage("open", "*");
