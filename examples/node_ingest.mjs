// A server that writes the events it is sent to a table, in Node:
//
//   npm run build
//   node examples/node_ingest.mjs OUT
//   curl --data '{"page":"/home"}' http://localhost:8080
//
// A request is answered when its events are in the journal: they survive a crash of the server,
// which takes them up again when it is started anew.
import { createServer } from "node:http";
import process from "node:process";
import { text } from "node:stream/consumers";
import { TableWriter, tumbling } from "sluice";
import { FsJournal } from "sluice/journals/fs";
import { FsStore } from "sluice/stores/fs";

const out = process.argv[2] ?? "parquet_demo_out";
const writer = await TableWriter.open({
  store: new FsStore(out),
  journal: new FsJournal(`${out}_journal`),
  window: tumbling("1m"), // of arrival time, since no time field is named
  partitionBy: ["page"],
});

const server = createServer(async (request, response) => {
  try {
    const { accepted, deadLetters } = await writer.append(await text(request)); // JSON lines
    response.end(`${JSON.stringify({ accepted, deadLettered: deadLetters.length })}\n`);
  } catch (error) {
    response.writeHead(500).end(`${error.message}\n`);
  }
});
server.listen(process.env.PORT ?? 8080, () => {
  console.log(`Listening on http://localhost:${server.address().port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    server.close();
    await writer.close(); // writes what the open window holds
    console.log(writer.counts.written, "events written");
    process.exit();
  });
}
