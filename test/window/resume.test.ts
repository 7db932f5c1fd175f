import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ColumnHolder } from "../../src/columns/column_rows.ts";
import { ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import { resolveWindowOptions } from "../../src/window/window_options.ts";
import {
  INITIAL_STATE,
  readEnds,
  WindowedPartitions,
  type WindowingOptions,
  type WindowingState,
} from "../../src/window/windowed_partitions.ts";
import { batchesOf, utf8 } from "../decode/decode_helpers.ts";
import { CommittedRows } from "./window_helpers.ts";

interface Setup {
  readonly batchBytes: number;
  readonly options: WindowingOptions;
}

/**
 * A run over a source, from where a state says. It stops right after a commit, as a process that is
 * killed there, or goes to the end. Returns the state that the last commit recorded.
 */
async function run(
  source: Uint8Array,
  from: WindowingState,
  { setup, table, killAfter }: {
    readonly setup: Setup;
    readonly table: CommittedRows;
    readonly killAfter: number | undefined;
  },
): Promise<WindowingState> {
  const { offset, line } = from.resumeFrom;
  const decoder = new ReferenceDecoder({
    time: { field: "t", unit: "s" },
    maxEventBytes: 200,
    now: () => 0,
    firstLine: line,
  });
  const windows = new WindowedPartitions(setup.options, from, new ColumnHolder());
  let state = from;
  let commits = 0;
  function* items() {
    const bytes = source.subarray(offset);
    const { batchBytes } = setup;
    const shape = { batchBytes, maxEventBytes: 200, start: offset, cutAt: readEnds(from) };
    for (const lines of batchesOf(bytes, shape)) yield* windows.push(decoder.decode(lines));
    yield* windows.closeAll();
  }
  for (const item of items()) {
    await table.take(item);
    if (item.type !== "commit") continue;
    state = item.state;
    if (++commits === killAfter) break;
  }
  table.forgetPending();
  return state;
}

const SETUP: fc.Arbitrary<Setup> = fc.record({
  batchBytes: fc.integer({ min: 20, max: 400 }),
  lateness: fc.constantFrom(0, 30_000, 120_000),
  late: fc.constantFrom("append", "dead-letter", "drop"),
  partitionBy: fc.constantFrom([], ["page"]),
  memoryLimitBytes: fc.constantFrom(1 << 20, 3000, 1),
  maxRows: fc.constantFrom(1, 3, 1000),
}).map(({ batchBytes, memoryLimitBytes, ...options }) => ({
  batchBytes,
  options: {
    ...resolveWindowOptions({ window: { lengthMs: 60_000, offsetMs: 0 }, ...options }),
    memoryLimitBytes,
  },
}));

/** Lines, mostly of events that come about in order, each with a number of its own. */
const LINES: fc.Arbitrary<string[]> = fc
  .array(
    fc.oneof(
      {
        weight: 10,
        arbitrary: fc.record({
          jitter: fc.integer({ min: -120, max: 120 }),
          page: fc.constantFrom("/", "/ä", "x".repeat(300)),
          value: fc.constantFrom(1, 1.5, "text", null, [1], { a: 1 }),
        }),
      },
      { weight: 1, arbitrary: fc.constantFrom("", "{", "[]", '{"t":"?"}', `"${"y".repeat(250)}"`) },
    ),
    { maxLength: 50 },
  )
  .map((lines) =>
    lines.map((line, id) =>
      typeof line === "string"
        ? line
        : JSON.stringify({ t: id * 13 + line.jitter, id, page: line.page, value: line.value })
    )
  );

function essence({ ids, deadLetters, late }: CommittedRows): unknown {
  return {
    ids: ids.toSorted((a, b) => a - b),
    deadLetters: deadLetters.map(({ reason, line, offset, raw }) => [reason, line, offset, raw])
      .sort((a, b) => Number(a[2]) - Number(b[2])),
    late,
  };
}

test("a run killed after any commit, and gone on with, gives what an undisturbed one gives", async () => {
  await fc.assert(
    fc.asyncProperty(
      LINES,
      fc.boolean(),
      SETUP,
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 8 }),
      async (lines, endsInNewline, setup, kills) => {
        const source = utf8(lines.join("\n") + (endsInNewline ? "\n" : ""));
        const undisturbed = new CommittedRows();
        await run(source, INITIAL_STATE, { setup, table: undisturbed, killAfter: undefined });
        const table = new CommittedRows();
        let state: WindowingState = INITIAL_STATE;
        for (const killAfter of [...kills, undefined]) {
          state = await run(source, state, { setup, table, killAfter });
        }
        assert.deepEqual(essence(table), essence(undisturbed));
        const before = essence(table);
        const again = await run(source, state, { setup, table, killAfter: undefined });
        assert.deepEqual(essence(table), before);
        assert.deepEqual(again, state);
      },
    ),
    { numRuns: 150 },
  );
});

/** Two runs that are killed, each at a torn line that the next but one reads again. */
const TORN_TWICE: [string[], Setup, [number, number | null][]] = [
  [[0, "/", 1], [13, "/", 1], [-10, "/", "text"], [100, "/ä", 1], [-10, "/ä", [1]], [65, "/", {
    a: 1,
  }], [78, "/ä", null]].map(([t, page, value], id) => JSON.stringify({ t, id, page, value })),
  {
    batchBytes: 117,
    options: {
      ...resolveWindowOptions({ window: { lengthMs: 60_000, offsetMs: 0 }, maxRows: 1 }),
      memoryLimitBytes: 1,
    },
  },
  [[26_970_825, 1], [2_265_665, 1], [1_750_659_613, null]],
];

test("a source that grows while runs come and go is read once, though lines are torn", async () => {
  const growth = fc.tuple(fc.nat(), fc.option(fc.integer({ min: 1, max: 3 })));
  await fc.assert(
    fc.asyncProperty(
      LINES.map((lines) => lines.filter((line) => line.startsWith('{"t":') && line.length < 150)),
      SETUP,
      fc.array(growth, { maxLength: 6 }),
      async (lines, setup, stages) => {
        const source = utf8(lines.map((line) => `${line}\n`).join(""));
        const late = { ...setup.options, late: "append" as const };
        const ends = stages.map(([cut]) => cut % (source.length + 1)).sort((a, b) => a - b);
        const table = new CommittedRows();
        let state: WindowingState = INITIAL_STATE;
        for (const [i, [, killAfter]] of [...stages, [0, undefined] as const].entries()) {
          state = await run(source.subarray(0, ends[i]), state, {
            setup: { ...setup, options: late },
            table,
            killAfter: killAfter ?? undefined,
          });
        }
        let start = 0;
        for (const line of lines.filter((line) => line.includes('"id"'))) {
          start = source.length === 0 ? 0 : indexOf(source, line, start);
          const end = start + utf8(line).length;
          const { id } = JSON.parse(line) as { id: number };
          const found = table.ids.filter((other) => other === id).length;
          const isTorn = ends.some((cut) => start < cut && cut < end);
          const pieces = table.deadLetters
            .filter(({ offset }) => start <= offset && offset < end)
            .sort((a, b) => a.offset - b.offset);
          if (found === 1) assert.deepEqual(pieces, []);
          else {
            assert.ok(found === 0 && isTorn, `event ${id} is there ${found} times`);
            assert.equal(pieces.map(({ rawBase64, raw }) => rawBase64 ?? raw).length > 1, true);
          }
          for (const piece of pieces) {
            assert.equal(piece.line, source.subarray(0, start).filter((b) => b === 10).length + 1);
          }
        }
      },
    ),
    { numRuns: 150, examples: [TORN_TWICE] },
  );
});

function indexOf(source: Uint8Array, line: string, from: number): number {
  const bytes = utf8(line);
  for (let at = from; at < source.length; at++) {
    if (bytes.every((byte, i) => source[at + i] === byte)) return at;
  }
  throw new Error("not found");
}
