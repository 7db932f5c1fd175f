// The way in plain JavaScript: JSON.parse for each line, an array for each column, and
// hyparquet-writer. The same windows, partitions and files as this library's; nothing is synced.
import { createReadStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { contend, packageVersion } from "./report.ts";

type Event = Readonly<Record<string, string | boolean>>;

const HOUR_MS = 3_600_000;
const LATENESS_MS = 10_000;

/** Events of open windows, by the start of the window and the page. */
const windows = new Map<number, Map<string, Event[]>>();

let latest = -Infinity;

await contend(async ({ input, output }, measure) => {
  await measure(async () => {
    let rest = "";
    for await (const chunk of createReadStream(input, "utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) take(JSON.parse(line) as Event);
      writeClosed(output, latest - LATENESS_MS);
    }
    if (rest !== "") take(JSON.parse(rest) as Event);
    writeClosed(output, Infinity);
  });
  return { versions: { "hyparquet-writer": packageVersion("hyparquet-writer") } };
});

function take(event: Event): void {
  const time = timeOf(event);
  if (time > latest) latest = time;
  const start = time - time % HOUR_MS;
  let pages = windows.get(start);
  if (pages === undefined) windows.set(start, pages = new Map());
  const page = event["page_url_path"] as string;
  const events = pages.get(page);
  if (events === undefined) pages.set(page, [event]);
  else events.push(event);
}

function timeOf(event: Event): number {
  return Date.parse(`${event["event_timestamp"] as string}Z`);
}

function writeClosed(output: string, watermark: number): void {
  for (const [start, pages] of windows) {
    if (start + HOUR_MS > watermark) continue;
    windows.delete(start);
    for (const [page, events] of pages) writePart(output, { start, page, events });
  }
}

function writePart(
  output: string,
  part: { readonly start: number; readonly page: string; readonly events: readonly Event[] },
): void {
  const { start, page, events } = part;
  const time = new Date(start);
  const directory = join(
    output,
    `year=${time.getUTCFullYear()}`,
    `month=${time.getUTCMonth() + 1}`,
    `day=${time.getUTCDate()}`,
    `page_url_path=${encodeURIComponent(page)}`,
  );
  mkdirSync(directory, { recursive: true });
  const names = Object.keys(events[0]!).filter((name) => name !== "page_url_path");
  parquetWriteFile({
    filename: join(directory, `${time.toISOString().replaceAll(":", "")}.parquet`),
    columnData: names.map((name) =>
      name === "event_timestamp"
        ? { name, data: events.map((event) => new Date(timeOf(event))) }
        : { name, data: events.map((event) => event[name]) }
    ),
    rowGroupSize: events.length,
    codec: "SNAPPY",
  });
}
