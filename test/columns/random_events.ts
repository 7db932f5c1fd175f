// JSON events at random, as lines: of values of every kind, in fields that have one kind or several.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ColumnBatch } from "../../src/columns/column_batch.ts";
import { takeColumns } from "../../src/columns/take.ts";
import type { LineBatch } from "../../src/decode/line_batcher.ts";
import { type DecoderOptions, ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import { batchesOf, utf8 } from "../decode/decode_helpers.ts";

const TEXTS = [
  "",
  "/home",
  "/home",
  "/cart",
  "exactly-16-bytes",
  "seventeen bytes!!",
  "é",
  "日本語",
  "\u{1F600}",
  "\uFEFFx",
  "\0",
  '"\\\n',
  "2022-06-01T00:15:00.000000Z",
  "x".repeat(70),
  "y".repeat(300),
];
const INTS = [
  "0",
  "-1",
  "42",
  "9007199254740993",
  "-9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
];
const FLOATS = [
  "0.0",
  "-0.0",
  "1.5",
  "-2.0",
  "1e3",
  "0.1",
  "5e-324",
  "1e300",
  "9223372036854775808",
  "123456789012345678901",
];

const NULL = fc.constant("null");
const BOOL = fc.constantFrom("true", "false");
const INT = fc.oneof(fc.constantFrom(...INTS), fc.integer().map(String));
const FLOAT = fc.oneof(
  fc.constantFrom(...FLOATS),
  fc.integer({ min: -4000, max: 4000 }).map((n) => (n / 8).toFixed(3)),
);
const TEXT = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.toWellFormed()),
  },
).map((text) => JSON.stringify(text));

/** Any value. */
const { value: VALUE } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    NULL,
    BOOL,
    INT,
    FLOAT,
    TEXT,
    fc.array(tie("value"), { maxLength: 3 }).map(listText),
    fc.array(fc.option(tie("value")), { maxLength: 3 }).map((values) => structText("f", values)),
  ),
}));

function listText(items: readonly string[]): string {
  return `[${items.join(",")}]`;
}

/** A struct of members that have a number in their names; those that are `null` are missing. */
function structText(prefix: string, values: readonly (string | null)[]): string {
  const members = values.flatMap((value, i) => value === null ? [] : [`"${prefix}${i}":${value}`]);
  return `{${members.join(",")}}`;
}

/** How lines become batches. */
export interface EventLines {
  readonly lines: readonly string[];
  readonly batchBytes: number;
}

const BATCH_BYTES = fc.constantFrom(60, 200, 500, 2000, 100_000);

/** What names of fields begin with: without it they are array indices, which objects have first. */
const PREFIX = fc.constantFrom("c", "c", "c", "");

/** Events whose fields have values of any kind. The last field is not among the first of them. */
export const MIXED_EVENTS: fc.Arbitrary<EventLines> = PREFIX.chain((prefix) =>
  fc.record({
    batchBytes: BATCH_BYTES,
    lines: fc.array(fc.array(fc.option(VALUE, { freq: 4 }), { minLength: 4, maxLength: 4 }), {
      minLength: 1,
      maxLength: 24,
    }).map((rows) =>
      rows.map((values, row) =>
        structText(prefix, row * 2 < rows.length ? values.slice(0, -1) : values)
      )
    ),
  })
);

/** Values that one type holds, and two of them that show what type it is. */
interface Family {
  readonly samples: readonly [string, string];
  readonly values: fc.Arbitrary<string>;
}

const SIMPLE_FAMILIES: readonly Family[] = [
  { samples: ["true", "false"], values: BOOL },
  { samples: ["7", "8"], values: INT },
  { samples: ["7.5", "8.5"], values: FLOAT },
  { samples: ["7", "7.5"], values: fc.oneof(INT, FLOAT) },
  { samples: ['"s"', '"t"'], values: TEXT },
  { samples: ["1", '"s"'], values: VALUE },
];

function familyOf(depth: number): fc.Arbitrary<Family> {
  const simple = fc.constantFrom(...SIMPLE_FAMILIES);
  if (depth === 0) return simple;
  const inner = familyOf(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: simple },
    {
      weight: 1,
      arbitrary: inner.map(({ samples: [a, b], values }): Family => ({
        samples: [listText([a]), listText([b, a])],
        values: fc.array(fc.oneof(values, values, NULL), { maxLength: 4 }).map(listText),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((families): Family => ({
        samples: [
          structText("f", families.map(({ samples }) => samples[0])),
          structText("f", families.map(({ samples }) => samples[1])),
        ],
        values: fc.tuple(...families.map(({ values }) => fc.option(fc.oneof(values, values, NULL))))
          .map((values) => structText("f", values)),
      })),
    },
  );
}

/**
 * Events whose fields have a type each, which holds all values: two of the last events say which it
 * is. Fields are null or missing in places.
 */
export const TYPED_EVENTS: fc.Arbitrary<EventLines> = fc
  .tuple(PREFIX, fc.array(familyOf(2), { minLength: 1, maxLength: 4 }))
  .chain(([prefix, families]) =>
    fc.record({
      batchBytes: BATCH_BYTES,
      lines: fc.array(
        fc.tuple(...families.map(({ values }) => fc.option(fc.oneof(values, values, values, NULL))))
          .map((values) => structText(prefix, values)),
        { maxLength: 24 },
      ).map((lines) => [
        ...lines,
        structText(prefix, families.map(({ samples }) => samples[0])),
        structText(prefix, families.map(({ samples }) => samples[1])),
      ]),
    })
  );

/** What is held of a batch. */
export type EventBatch = Pick<ColumnBatch, "columns" | "rows">;

/** How events are decoded. */
export const DECODING: DecoderOptions = {
  time: { field: "at", unit: "ms" },
  maxEventBytes: 1 << 20,
  now: () => 0,
  firstLine: 1,
};

/** The lines of events, whose times are a second apart. */
export function linesOfEvents({ lines, batchBytes }: EventLines): LineBatch[] {
  const text = lines.map((line, i) =>
    `{"at":${i * 1000}${line === "{}" ? "" : ","}${line.slice(1)}\n`
  );
  return batchesOf(utf8(text.join("")), { ...DECODING, batchBytes });
}

/**
 * The batches of events, as the reference decodes them. Every other one has arrays with room for more
 * rows, as the reference makes them, and the others have none, as those of the kernel.
 */
export function batchesOfEvents(events: EventLines): EventBatch[] {
  const decoder = new ReferenceDecoder(DECODING);
  return linesOfEvents(events).map((lines, i) => {
    const batch = decoder.decode(lines);
    assert.deepEqual(batch.deadLetters, []);
    return i % 2 === 0 ? batch : withoutRoom(batch);
  });
}

/** The same batch, whose arrays are as long as need be. */
function withoutRoom({ columns, rows }: EventBatch): EventBatch {
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  return { columns: takeColumns(columns, all), rows };
}
