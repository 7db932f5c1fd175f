import type { DataType, Field } from "../../src/columns/schema.ts";
import { float, int, type Row, text, time } from "./cells.ts";
import type { StreamToParquetOptions } from "../../mod.ts";

const LONG = "x".repeat(100);
const UNICODE = "naïve 日本語 🌊 e\u0301 \u200d \uFEFF \u{10FFFF}";

/**
 * Events with a value of every type and the values of it that readers have got wrong, nulls at each
 * level, and the row that is to come of each.
 */
const EVENTS: readonly (readonly [json: string, row: Row])[] = [
  [
    `{"at":"2022-06-01T00:00:00.000001Z","part":"a","flag":true,"whole":9007199254740993,
      "real":-0.0,"word":"","seen":"1969-12-31T23:59:59.999999Z","tags":["a",null,""],
      "place":{"lat":0.1,"name":"x","codes":[1,null]},
      "lines":[{"sku":"a","n":1},null,{"sku":null,"n":null}],"grid":[[1,2],[],null,[null]],
      "mixed":1,"mixes":[1,"a",null,{"b":[true]}],"deep":{"a":{"b":{"c":1}}}}`,
    {
      at: time(1654041600000001n),
      flag: true,
      whole: int(9007199254740993n),
      real: float(-0),
      word: text(""),
      seen: time(-1n),
      tags: [text("a"), null, text("")],
      place: { lat: float(0.1), name: text("x"), codes: [int(1), null] },
      lines: [{ sku: text("a"), n: int(1) }, null, { sku: null, n: null }],
      grid: [[int(1), int(2)], [], null, [null]],
      mixed: text("1"),
      mixes: [text("1"), text('"a"'), null, text('{"b":[true]}')],
      deep: { a: { b: { c: int(1) } } },
    },
  ],
  [
    `{"at":"2022-06-01T00:00:01Z","part":"a","flag":false,"whole":9223372036854775807,
      "real":5e-324,"word":${JSON.stringify(UNICODE)},"seen":"2255-06-05T23:47:34.740991Z",
      "tags":[],"place":{},"lines":[],"grid":[],"mixed":"1","mixes":[],"deep":{}}`,
    {
      at: time(1654041601000000n),
      flag: false,
      whole: int(9223372036854775807n),
      real: float(5e-324),
      word: text(UNICODE),
      seen: time(9007199254740991n),
      tags: [],
      place: { lat: null, name: null, codes: null },
      lines: [],
      grid: [],
      mixed: text('"1"'),
      mixes: [],
      deep: { a: null },
    },
  ],
  [
    `{"at":"2022-06-01T00:00:02Z","part":"b","flag":null,"whole":-9223372036854775808,
      "real":1.7976931348623157e308,"word":"nul \\u0000 in \\"it\\"\\n","seen":"1684-07-28T00:12:25.259009Z",
      "tags":null,"place":null,"lines":null,"grid":null,"mixed":null,"mixes":null,"deep":null}`,
    {
      at: time(1654041602000000n),
      whole: int(-9223372036854775808n),
      real: float(1.7976931348623157e308),
      word: text('nul \0 in "it"\n'),
      seen: time(-9007199254740991n),
    },
  ],
  [
    `{"at":"2022-06-01T00:00:03Z","part":"b","flag":true,"whole":0,"real":7,
      "seen":"some day","word":${JSON.stringify(LONG)},"tags":[null],
      "place":{"lat":null,"name":"","codes":[]},"lines":[{"n":9007199254740993}],"grid":[null],
      "mixed":{"z":[1.0,null,"\\u0000"],"a":9007199254740993},"mixes":[null],"deep":{"a":{"b":null}}}`,
    {
      at: time(1654041603000000n),
      flag: true,
      whole: int(0),
      real: float(7),
      _rescued_data: text('{"seen":"some day"}'),
      word: text(LONG),
      tags: [null],
      place: { lat: null, name: text(""), codes: [] },
      lines: [{ sku: null, n: int(9007199254740993n) }],
      grid: [null],
      mixed: text('{"a":9007199254740993,"z":[1.0,null,"\\u0000"]}'),
      mixes: [null],
      deep: { a: { b: null } },
    },
  ],
  // In a file of its own, in which all columns are null, and with a time that is none.
  [
    `{"at":"2022-06-01T00:00:04Z","part":"c","seen":9007199254740991}`,
    { at: time(1654041604000000n), _rescued_data: text('{"seen":9007199254740991}') },
  ],
];

const INT64: DataType = { kind: "int64" };
const STRING: DataType = { kind: "string" };

/** The columns of the files. What does not fit the declared type of `seen` is kept in the last. */
export const TYPES_FIELDS: readonly Field[] = [
  { name: "seen", type: { kind: "timestamp" } },
  { name: "id", type: INT64 },
  { name: "at", type: { kind: "timestamp" } },
  { name: "flag", type: { kind: "bool" } },
  { name: "whole", type: INT64 },
  { name: "real", type: { kind: "float64" } },
  { name: "word", type: STRING },
  { name: "tags", type: { kind: "list", item: STRING } },
  {
    name: "place",
    type: {
      kind: "struct",
      fields: [
        { name: "lat", type: { kind: "float64" } },
        { name: "name", type: STRING },
        { name: "codes", type: { kind: "list", item: INT64 } },
      ],
    },
  },
  {
    name: "lines",
    type: {
      kind: "list",
      item: {
        kind: "struct",
        fields: [{ name: "sku", type: STRING }, { name: "n", type: INT64 }],
      },
    },
  },
  { name: "grid", type: { kind: "list", item: { kind: "list", item: INT64 } } },
  { name: "mixed", type: { kind: "json" } },
  { name: "mixes", type: { kind: "list", item: { kind: "json" } } },
  {
    name: "deep",
    type: {
      kind: "struct",
      fields: [{
        name: "a",
        type: {
          kind: "struct",
          fields: [{
            name: "b",
            type: { kind: "struct", fields: [{ name: "c", type: INT64 }] },
          }],
        },
      }],
    },
  },
  { name: "_rescued_data", type: { kind: "json" } },
];

/** How the table is written, but for its store. */
export const TYPES_OPTIONS: Omit<StreamToParquetOptions, "store"> = {
  time: "at",
  partitionBy: ["part"],
  schema: { seen: "timestamp" },
};

/** The events, as JSON lines. */
export const TYPES_LINES: string = EVENTS
  .map(([json], id) => `${json.replace(/\n\s*/g, "").replace("{", `{"id":${id},`)}\n`)
  .join("");

/** The rows that readers are to find. */
export const TYPES_ROWS: readonly Row[] = EVENTS.map(([json, row], id) => ({
  id: int(id),
  part: text(/"part":"(.)"/.exec(json)![1]!),
  ...row,
}));
