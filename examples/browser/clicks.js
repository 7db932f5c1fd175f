// A page that collects its own clicks into Parquet:
//
//   npm run build
//   npx esbuild examples/browser/clicks.js --bundle --format=esm --outdir=clicks --tsconfig-raw={}
//   cp examples/browser/index.html clicks
//   python3 -m http.server --directory clicks
//
// A click is in the browser's own database once it is counted: it survives a reload or a crash.
import { TableWriter, tumbling, zipTable } from "sluice";
import { IdbJournal } from "sluice/journals/idb";
import { IdbStore } from "sluice/stores/idb";
import { holdTableLock } from "sluice/table-lock";

await holdTableLock("clicks"); // of several tabs, the others wait
const store = new IdbStore("clicks");
const writer = await TableWriter.open({
  store,
  journal: new IdbJournal("clicks_journal"),
  window: tumbling("1m"), // of arrival time, since no time field is named
  partitionBy: ["target"],
});

let clicks = 0;
const showCount = () => document.getElementById("count").textContent = `${clicks} clicks`;
showCount(); // from here on they are collected
document.addEventListener("click", async ({ target, clientX: x, clientY: y }) => {
  await writer.append({ target: target.localName, x, y });
  clicks++;
  showCount();
});

document.getElementById("download").addEventListener("click", async () => {
  await writer.flush(); // closes the window of this minute early
  const zip = await new Response(zipTable(store)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(zip);
  link.download = "clicks.zip";
  link.click(); // it is not in the document, so this click is not collected
});
