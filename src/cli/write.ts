import { resolveDecodeOptions } from "../decode/decode_options.ts";
import type { TimeUnit } from "../decode/event_time.ts";
import { isReplayable } from "../decode/replayable_source.ts";
import { type ParquetCompression, resolveParquetOptions } from "../parquet/parquet_options.ts";
import { FsJournal } from "../journal/fs.ts";
import { streamToParquet, type StreamToParquetOptions, type Summary } from "../pipeline.ts";
import type { Progress } from "../progress.ts";
import { FsStore } from "../stores/fs.ts";
import { tumbling } from "../window/tumbling.ts";
import { resolveWindowOptions } from "../window/window_options.ts";
import type { LatePolicy } from "../window/windowed_partitions.ts";
import { type OptionTable, type OptionValues, parseArguments, UsageError } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { assertWritable } from "./directory.ts";
import { endEarly } from "./end_early.ts";
import { counted } from "./format.ts";
import { type Input, openInput } from "./input.ts";
import { checkOptions, toBytes, toCount, toDuration, toPartitionColumns } from "./option_values.ts";
import { print } from "./output.ts";
import { ProgressLine } from "./progress_line.ts";
import { readSchemaFile } from "./schema_file.ts";
import { canRedraw } from "./status_lines.ts";
import { listenForStop } from "./stop_signals.ts";
import { summaryText } from "./summary_text.ts";

const OPTIONS = {
  out: { value: "DIR", help: "Directory of the table; it is made if need be. Required." },
  window: { value: "DURATION", help: "Length of a window, at least 1ms. Default: 15m." },
  time: {
    value: "FIELD",
    help: "Field that holds the event time: ISO 8601 text, UTC where it has no offset, or a " +
      "number. Default: events have the time they arrive at.",
  },
  "time-unit": {
    value: "UNIT",
    help: "What a number in the time field counts since 1970: s, ms, us or ns. Default: ms.",
  },
  "partition-by": {
    value: "NAMES",
    help: "Columns that make the directories, outermost first, with commas between them: fields " +
      "of the event, and year, month, day and hour of the event time. field:year is a field " +
      "that is called year. Default: none.",
  },
  lateness: {
    value: "DURATION",
    help: "How long a window waits for events out of order. Default: 0s.",
  },
  late: {
    value: "POLICY",
    help: "What becomes of events whose window is closed: append, dead-letter or drop. " +
      "Default: append.",
  },
  idle: {
    value: "DURATION",
    help: "Closes windows when nothing has arrived for this long, at least 1ms. " +
      "Default: 30s for standard input, never for files and URLs.",
  },
  "max-future-skew": {
    value: "DURATION",
    help: "Events further ahead of the clock are dead letters. Default: none are.",
  },
  compression: {
    value: "CODEC",
    help: "snappy, zstd, gzip, lz4 or none. Default: snappy.",
  },
  "max-rows": { value: "N", help: "Most rows of a file, at least 1. Default: 1000000." },
  "memory-limit": {
    value: "SIZE",
    help: "Past this, windows that are open are written early; at least 1MiB. Default: 256MiB.",
  },
  workers: {
    value: "N",
    help: "How many workers decode and encode beside the main thread. Default: 0. The files are " +
      "the same.",
  },
  writer: {
    value: "NAME",
    help: "Name of the writer, part of file names: 1 to 64 letters, digits and _. Only one " +
      "process may write a table under one name at a time. Default: main.",
  },
  "source-id": {
    value: "ID",
    help: "Name under which the table remembers how far the file or URL was read. " +
      "Default: its absolute path or URL.",
  },
  journal: {
    value: "DIR",
    help:
      "Keeps what has come of standard input in this directory until it is written, so that a " +
      "crash loses nothing of it: the next run with the same directory writes it. Files and URLs " +
      "need none. Default: none.",
  },
  schema: {
    value: "FILE",
    help: "JSON file with types of columns: an object of names to bool, int64, float64, string, " +
      'timestamp, json, [type] or {"field": type}. Default: types are inferred.',
  },
  strict: { help: "Exits with 1 if there was any dead letter." },
  json: { help: "Prints the summary as one JSON object." },
  quiet: { help: "Prints no progress and no summary, but for that of --json." },
} as const satisfies OptionTable;

type Values = OptionValues<typeof OPTIONS>;

/** `sluice write`: events to a table. */
export const write: Command = {
  usage: "write [INPUT] --out DIR [OPTION]...",
  about: [
    "Writes JSON events as Parquet, one file for each partition and window of event time, in a " +
    "directory that is also a Delta Lake table.",
    "INPUT is a file or an http(s) URL of JSON lines, one event a line; - or nothing is standard " +
    "input. Gzip is decompressed. Files and URLs go on where the last run left off: the same " +
    "command may be repeated after a failure, and when the input has grown; when nothing has, it " +
    "adds nothing.",
    "Lines that are no events are kept as dead letters, in DIR/_dead_letter. The first Ctrl-C " +
    "ends the input there and writes what was read; the second gives up at once.",
  ],
  options: OPTIONS,
  examples: [
    {
      what: "One file for each page and quarter of an hour",
      line: "sluice write events.ndjson.gz --out out --time event_timestamp \\\n" +
        "      --partition-by year,month,day,page_url_path",
    },
    {
      what: "A live stream, a file a minute, events up to 10 seconds out of order",
      line: "tail -f app.log | sluice write --out out --window 1m --time ts --lateness 10s",
    },
    {
      what: "A stream that must survive a crash of this process",
      line: "receive | sluice write --out out --time ts --journal out_journal",
    },
    {
      what: "What is new at a URL since the last time",
      line: "sluice write https://example.com/events.ndjson --out out --time ts --time-unit s",
    },
  ],
  exitCodes: {
    0: "Everything that was read is written, also when Ctrl-C ended the input.",
    1: "Something failed, or there was a dead letter with --strict. What was committed stays.",
    2: "The command line is not what it must be.",
    130: "Given up because of Ctrl-C; 143 because of SIGTERM. What was committed stays.",
  },
  async run(args, context) {
    const { values, positionals } = parseArguments(args, { options: OPTIONS, mostPositionals: 1 });
    const options = await toOptions(values);
    const input = await openInput(positionals[0] ?? "-", {
      stdin: context.stdin,
      sourceId: values["source-id"],
    });
    if (values.journal !== undefined && isReplayable(input.source)) {
      throw new UsageError(
        `--journal is for input that cannot be read again: current value is ${
          JSON.stringify(values.journal)
        } with ${JSON.stringify(positionals[0])}, which needs none`,
      );
    }
    await assertWritable(values.out!);
    if (input.name === "standard input" && context.stdin.isTTY && !values.quiet) {
      await print(context.stderr, "Reading events from the terminal: Ctrl-D ends them.\n");
    }
    return await runWrite({ values, options, input, context });
  },
};

/** The library's options, checked. */
async function toOptions(values: Values): Promise<StreamToParquetOptions> {
  const { out, window, time, idle, lateness, late, compression, writer } = values;
  if (out === undefined || out === "") throw new UsageError("--out is required: --out DIR");
  if (values["time-unit"] !== undefined && time === undefined) {
    throw new UsageError("--time-unit needs --time, the field whose numbers it is about");
  }
  const options: StreamToParquetOptions = {
    store: new FsStore(out),
    window: checkOptions(() => tumbling(toDuration(window ?? "15m"))),
    ...withoutUndefined({
      time: map(time, (field) => ({ field, unit: (values["time-unit"] ?? "ms") as TimeUnit })),
      partitionBy: map(
        values["partition-by"],
        (text) => toPartitionColumns("--partition-by", text),
      ),
      lateness: map(lateness, toDuration),
      late: late as LatePolicy | undefined,
      idle: map(idle, toDuration),
      maxFutureSkew: map(values["max-future-skew"], toDuration),
      compression: compression as ParquetCompression | undefined,
      maxRows: map(values["max-rows"], (text) => toCount("--max-rows", text)),
      memoryLimitBytes: map(values["memory-limit"], (text) => toBytes("--memory-limit", text)),
      workers: map(values.workers, (text) => toCount("--workers", text)),
      writer,
      journal: map(values.journal, (directory) => new FsJournal(directory)),
    }),
  };
  checkOptions(() => {
    resolveDecodeOptions(options);
    resolveWindowOptions(options);
    resolveParquetOptions(options);
  });
  if (values.schema === undefined) return options;
  return { ...options, schema: await readSchemaFile(values.schema) };
}

const STOPPING = "Stopping: the input ends here, and what was read is written. " +
  "A second signal gives up.\n";

interface Run {
  readonly values: Values;
  readonly options: StreamToParquetOptions;
  readonly input: Input;
  readonly context: CommandContext;
}

async function runWrite({ values, options, input, context }: Run): Promise<number> {
  const { stdout, stderr, env } = context;
  const { source } = input;
  const canReplay = isReplayable(source);
  let opened = 0;
  let latest: Progress | undefined;
  const stop = listenForStop(context.signals, {
    canEnd() {
      if (!canReplay) return true;
      // To end a source is to close all its windows. Events that the next run finds for them would
      // be refused with other policies.
      if (latest === undefined || (values.late ?? "append") !== "append") return false;
      // Nor may windows be closed while a run reads again what they held when the last run ended.
      // It does so only with a source that was read before, which is opened several times, and
      // until it commits.
      return opened === 1 || latest.files > 0 || latest.deadLettered > 0;
    },
    consequence: "what was committed stays" +
      (canReplay ? ", and the same command goes on from there" : ""),
  });
  const progressLine = canRedraw(stderr, env) && !values.quiet
    ? new ProgressLine(stderr, input.extent)
    : undefined;
  stop.end.addEventListener("abort", () => {
    progressLine?.clear();
    if (!values.quiet) stderr.write(STOPPING);
  });
  try {
    const stoppable = canReplay
      ? {
        id: source.id,
        async open(offset: number, signal?: AbortSignal) {
          opened++;
          return endEarly(await source.open(offset, signal), { end: stop.end, wholeLines: true });
        },
      }
      : endEarly(source, { end: stop.end, wholeLines: false });
    const summary = await streamToParquet(stoppable, {
      ...(!canReplay && { idle: "30s" }),
      ...options,
      signal: stop.abort,
      onProgress(progress) {
        latest = progress;
        progressLine?.update(progress);
      },
    }).catch((error) => {
      stop.abort.throwIfAborted(); // whatever fails for that
      throw error;
    });
    progressLine?.end();
    for (const { message } of summary.warnings ?? []) stderr.write(`sluice: ${message}\n`);
    const notes = { input: input.name, out: values.out!, stoppedEarly: stop.end.aborted };
    if (values.json) {
      await print(stdout, `${JSON.stringify({ ...summary, stoppedEarly: notes.stoppedEarly })}\n`);
    } else if (!values.quiet) {
      await print(stdout, summaryText(summary, notes));
    }
    return await judge(summary, values, context);
  } finally {
    progressLine?.end();
    stop.stopListening();
  }
}

async function judge(
  { deadLettered }: Summary,
  { strict, out }: Values,
  { stderr }: CommandContext,
): Promise<number> {
  if (!strict || deadLettered === 0) return 0;
  const found = counted(deadLettered, "dead letter");
  await print(stderr, `sluice: --strict allows no dead letters: ${found} in ${out}/_dead_letter\n`);
  return 1;
}

function map<T, U>(value: T | undefined, convert: (value: T) => U): U | undefined {
  return value === undefined ? undefined : convert(value);
}

/** An object without the members that are undefined, which options do not allow. */
function withoutUndefined<T extends object>(
  object: T,
): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
