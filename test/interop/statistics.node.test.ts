// Readers of the log skip files by the statistics that it has of them: they must not skip too many.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readSnapshot, streamToParquet } from "../../mod.ts";
import { FsStore } from "../../src/stores/fs.ts";
import { type Cell, float, int, text, time } from "./cells.ts";
import { python, pythonIsMissing } from "./python.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-statistics-"));
after(() => rmSync(scratch, { recursive: true }));

type Op = "=" | "<" | "<=" | ">" | ">=" | "is null" | "is not null";
type Scalar = bigint | number | string | boolean;
/** The values that queries ask for, and what is to be found in a file of its own for each. */
interface Column {
  readonly path: readonly string[];
  readonly cellOf: (value: never) => Cell;
  readonly values: readonly Scalar[];
}

const PREFIX = "p".repeat(31);

const COLUMNS: readonly Column[] = [
  {
    path: ["whole"],
    cellOf: int,
    values: [
      ...[-(2n ** 63n), -9007199254740993n, -1n, 0n, 9007199254740992n, 9007199254740993n],
      // A double would round it to another int64: one beyond them all would end all skipping.
      2n ** 63n - 1025n,
    ],
  },
  {
    path: ["real"],
    cellOf: float,
    values: [-1.7976931348623157e308, -0.1, -5e-324, -0, 0, 5e-324, 0.1, 0.30000000000000004, 1e21],
  },
  {
    path: ["word"],
    cellOf: text,
    values: [
      ...[
        "",
        "\0",
        "a",
        "a\0",
        "ab",
        "é",
        "e\u0301",
        "'",
        '"',
        "\uFEFF",
        "\uFEFFa",
        "\uFFFD",
        "🌊",
      ],
      // Longer than what is kept of them, and the same so far.
      ...[`${PREFIX}p`, `${PREFIX}pp`, `${PREFIX}pq`, `${PREFIX}🌊`, `${PREFIX}🌊a`, `${PREFIX}é`],
      ...[`${PREFIX}p\u{10FFFF}`, `${PREFIX}p\u{10FFFF}\u{10FFFF}a`, "\u{10FFFF}".repeat(40)],
    ],
  },
  {
    path: ["seen"],
    cellOf: time,
    values: [
      ...[-9007199254740991n, -1n, 0n, 1654041600000000n, 1654041600000001n, 1654041600000999n],
      ...[1654041600001000n, 1654041600001001n, 9007199254740991n],
    ],
  },
  { path: ["struct", "inner", "x"], cellOf: int, values: [-5n, 9007199254740993n] },
  { path: ["struct", "word"], cellOf: text, values: [`${PREFIX}pp`, "z"] },
];

/** The event's JSON: numbers come with all their digits. */
function eventOf(id: number, { path, cellOf }: Column, value: Scalar): string {
  const isTime = cellOf === time;
  const json = typeof value === "string"
    ? JSON.stringify(value)
    : isTime
    ? `"${isoOf(value as bigint)}"`
    : Object.is(value, -0)
    ? "-0.0"
    : typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 1e21
    ? `${value}.0`
    : String(value);
  const nested = path.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, json);
  return `{"id":${id},"at":0,"file":${id},${nested.slice(1)}`;
}

function isoOf(micros: bigint): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : (micros - 999_999n) / 1_000_000n;
  const fraction = String(micros - seconds * 1_000_000n).padStart(6, "0");
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", `.${fraction}Z`);
}

function compare(a: Scalar, b: Scalar): number {
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return a < b ? -1 : a > b ? 1 : 0;
}

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

test("statistics: what queries find", { skip: pythonIsMissing ?? false }, async () => {
  const directory = join(scratch, "table");
  const store = new FsStore(directory);
  const events = COLUMNS.flatMap((column) => column.values.map((value) => ({ column, value })));
  const lines = events.map(({ column, value }, id) => eventOf(id, column, value));
  const schema = { whole: "int64", real: "float64", seen: "timestamp" } as const;
  const options = { store, time: "at", partitionBy: ["file"], schema };
  const summary = await streamToParquet(lines.join("\n"), options);
  assert.equal(summary.rescued, 0);
  const { files } = (await readSnapshot(store))!;
  assert.equal(files.size, events.length); // each is skipped, or not, for its one row

  const requests: { path: readonly string[]; op: Op; value?: Cell; expected: number[] }[] = [];
  for (const column of COLUMNS) {
    const { path, cellOf } = column;
    const idsOf = (holds: (value: Scalar) => boolean) =>
      events.flatMap((event, id) => event.column === column && holds(event.value) ? [id] : []);
    const own = idsOf(() => true);
    requests.push({ path, op: "is not null", expected: own });
    const others = [...events.keys()].filter((id) => !own.includes(id));
    requests.push({ path, op: "is null", expected: others });
    for (const value of column.values) {
      for (const [op, holds] of Object.entries(HOLDS)) {
        const expected = idsOf((found) => holds(compare(found, value)));
        requests.push({ path, op: op as Op, value: cellOf(value as never), expected });
      }
    }
  }
  const answers = await python<readonly Readonly<Record<string, readonly number[]>>[]>({
    do: "delta_where",
    directory,
    conditions: requests.map(({ path, op, value }) => [path, op, value ?? null]),
  });
  for (const [i, { path, op, value, expected }] of requests.entries()) {
    for (const [reader, ids] of Object.entries(answers[i]!)) {
      assert.deepEqual(ids, expected, `${reader}: ${path.join(".")} ${op} ${value}`);
    }
  }
});
