// The way in plain JavaScript: JSON.parse for each line, an array for each column, and
// hyparquet-writer. The same windows, partitions and files as this library's; nothing is synced.
import { createReadStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { contend, packageVersion } from "./report.ts";

type Event = Readonly<Record<string, string | number | boolean | null>>;

const HOUR_MS = 3_600_000;
const LATENESS_MS = 10_000;

type Value = Event[string];

/** Events of open windows, by the start of the window and the value they are partitioned by. */
const windows = new Map<number, Map<Value, Event[]>>();

let latest = -Infinity;

await contend(async ({ input, output, partitionBy = "page_url_path" }, measure) => {
  await measure(async () => {
    const writeUpTo = (watermark: number) => writeClosed({ output, partitionBy, watermark });
    let rest = "";
    for await (const chunk of createReadStream(input, "utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) take(JSON.parse(line) as Event, partitionBy);
      writeUpTo(latest - LATENESS_MS);
    }
    if (rest !== "") take(JSON.parse(rest) as Event, partitionBy);
    writeUpTo(Infinity);
  });
  return { versions: { "hyparquet-writer": packageVersion("hyparquet-writer") } };
});

function take(event: Event, partitionBy: string): void {
  const time = timeOf(event);
  if (time > latest) latest = time;
  const start = time - time % HOUR_MS;
  let partitions = windows.get(start);
  if (partitions === undefined) windows.set(start, partitions = new Map());
  const value = event[partitionBy]!;
  const events = partitions.get(value);
  if (events === undefined) partitions.set(value, [event]);
  else events.push(event);
}

function timeOf(event: Event): number {
  const text = event["event_timestamp"] as string;
  return Date.parse(text.endsWith("Z") ? text : `${text}Z`);
}

interface Place {
  readonly output: string;
  readonly partitionBy: string;
}

function writeClosed(place: Place & { readonly watermark: number }): void {
  for (const [start, partitions] of windows) {
    if (start + HOUR_MS > place.watermark) continue;
    windows.delete(start);
    for (const [value, events] of partitions) writePart({ ...place, start, value }, events);
  }
}

function writePart(
  part: Place & { readonly start: number; readonly value: Value },
  events: readonly Event[],
): void {
  const { output, partitionBy, start, value } = part;
  const time = new Date(start);
  const directory = join(
    output,
    `year=${time.getUTCFullYear()}`,
    `month=${time.getUTCMonth() + 1}`,
    `day=${time.getUTCDate()}`,
    `${partitionBy}=${encodeURIComponent(String(value))}`,
  );
  mkdirSync(directory, { recursive: true });
  const names = Object.keys(events[0]!).filter((name) => name !== partitionBy);
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
