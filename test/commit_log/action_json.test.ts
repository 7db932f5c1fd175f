import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseActions, serialiseActions } from "../../src/commit_log/action_json.ts";
import type { Action, AddFile } from "../../src/commit_log/actions.ts";
import { CorruptLogError } from "../../src/commit_log/errors.ts";
import { formatStats, parseStats } from "../../src/commit_log/stats.ts";
import { file } from "./log_helpers.ts";

const key = "_delta_log/00000000000000000000.json";
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("an action comes back as it was, whatever its strings hold", () => {
  const text = fc.string({ unit: "binary" });
  const name = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "day"));
  const map = fc.array(fc.tuple(name, fc.option(text))).map((entries) =>
    Object.fromEntries(entries)
  );
  const path = fc.string({ unit: "binary", minLength: 1 });
  const number = fc.nat();
  const stats = fc.constantFrom('{"numRecords":9007199254740993}', "");
  const actions: fc.Arbitrary<Action>[] = [
    fc.record({
      path,
      partitionValues: map,
      size: number,
      modificationTime: number,
      dataChange: fc.boolean(),
      stats,
      tags: map,
    }, { requiredKeys: ["path", "partitionValues", "size", "modificationTime", "dataChange"] })
      .map((add) => ({ add })),
    fc.record({
      path,
      dataChange: fc.boolean(),
      deletionTimestamp: number,
      partitionValues: map,
      size: number,
    }, { requiredKeys: ["path", "dataChange"] }).map((remove) => ({ remove })),
    fc.record({ appId: text, version: number, lastUpdated: number }).map((txn) => ({ txn })),
    fc.record({ operation: text, more: fc.jsonValue() }).map((commitInfo) => ({
      // What JSON itself does not keep (-0) is not asked of it here.
      commitInfo: JSON.parse(JSON.stringify(commitInfo)) as Record<string, unknown>,
    })),
  ];
  fc.assert(fc.property(fc.array(fc.oneof(...actions), { minLength: 1 }), (written) => {
    const bytes = serialiseActions(written);
    assert.equal(decode(bytes).split("\n").length, written.length + 1, "one line an action");
    // fast-check makes objects without a prototype.
    assert.deepEqual(
      parseActions(bytes, { key }),
      written.map((action) => structuredClone(action)),
    );
  }));
});

test("a path is percent-encoded on the wire, and only there", () => {
  const path = "day=1/page=%2Fhome/a b+c:d#e?é😀.parquet";
  const bytes = serialiseActions([{ add: file(path) }, { remove: { path, dataChange: true } }]);
  const wire = "day=1/page=%252Fhome/a%20b%2Bc%3Ad%23e%3F%C3%A9%F0%9F%98%80.parquet";
  assert.equal(decode(bytes).split(`"path":"${wire}"`).length, 3);
  const [add, remove] = parseActions(bytes, { key });
  assert.deepEqual(add, { add: file(path) });
  assert.deepEqual(remove, { remove: { path, dataChange: true } });
});

test("null and the empty string are different partition values", () => {
  const add = file("a", { partitionValues: { day: null, page: "" } });
  const bytes = serialiseActions([{ add }]);
  assert.match(decode(bytes), /"partitionValues":\{"day":null,"page":""\}/);
  assert.deepEqual(parseActions(bytes, { key }), [{ add }]);
});

test("what other engines write is read: nulls for what is absent, members and kinds unknown here", () => {
  const add = {
    path: "a%2Fb.parquet",
    partitionValues: {},
    size: 1,
    modificationTime: 2,
    dataChange: false,
    stats: null,
    tags: null,
    deletionVector: null,
    baseRowId: 7,
  };
  const text = [
    JSON.stringify({ add, remove: null }),
    JSON.stringify({ cdc: { path: "x" } }),
    JSON.stringify({ domainMetadata: { domain: "d", configuration: "", removed: false } }),
    JSON.stringify({ txn: { appId: "a", version: 1, lastUpdated: null } }),
  ].join("\r\n");
  const { path: _, stats: __, tags: ___, deletionVector: ____, baseRowId: _____, ...rest } = add;
  assert.deepEqual(parseActions(encode(text), { key }), [
    { add: { path: "a/b.parquet", ...rest } },
    { txn: { appId: "a", version: 1 } },
  ]);
});

test("without files, the other actions are the same", () => {
  const remove = { path: "b", dataChange: true };
  const txn = { appId: "a", version: 1 };
  const actions: Action[] = [{ add: file("a") }, { txn }, { remove }, { add: file("c") }];
  const bytes = serialiseActions(actions);
  assert.deepEqual(parseActions(bytes, { key, withoutFiles: true }), [{ txn }]);
});

for (const withoutFiles of [false, true]) {
  test(`a file cut off anywhere is named with its line (without files: ${withoutFiles})`, () => {
    const bytes = serialiseActions([
      { txn: { appId: "a", version: 1 } },
      { add: file("a.parquet") },
      { add: file("b.parquet") },
    ]);
    const lineEnds = [...bytes.keys()].filter((index) => bytes[index] === 10);
    for (let length = 0; length < bytes.length - 1; length++) {
      const read = () => parseActions(bytes.slice(0, length), { key, withoutFiles });
      // After a whole line, with its newline or without, nothing is torn.
      if (lineEnds.includes(length) || lineEnds.includes(length - 1)) {
        read();
        continue;
      }
      const line = lineEnds.filter((end) => end < length).length + 1;
      assert.throws(read, (error: unknown) => {
        assert.ok(error instanceof CorruptLogError);
        assert.equal(error.key, key);
        assert.equal(error.line, length === 0 ? undefined : line);
        assert.match(error.message, length === 0 ? /is empty/ : new RegExp(`line ${line} is not`));
        return true;
      });
    }
  });
}

test("an action without what it must have is named", () => {
  for (
    const [text, problem] of [
      ['{"add":{"partitionValues":{}}}', /line 1 holds no valid action \(path is undefined\)/],
      ['{"add":{"path":"%zz","partitionValues":{}}}', /holds no valid action/],
      ['{"txn":{"appId":"a","version":"1"}}', /version is "1"/],
      ['{"metaData":{"id":"x","schemaString":"{}"}}', /partitionColumns is undefined/],
      ['{"protocol":{"minReaderVersion":1}}', /minWriterVersion is undefined/],
      ["[]", /is not a JSON object/],
      ["\u0000", /is not JSON/],
    ] as const
  ) {
    assert.throws(() => parseActions(encode(text), { key }), problem);
  }
  assert.throws(() => parseActions(new Uint8Array([0xff]), { key }), /is not UTF-8/);
});

test("statistics keep every digit of an integer", () => {
  const text = formatStats({
    numRecords: 3,
    minValues: { id: -9223372036854775808n, nested: { x: 0.5, t: "2022-06-01T00:00:00.000Z" } },
    maxValues: { id: 9223372036854775807n, bad: Number.NaN, ["__proto__"]: true },
    nullCount: { id: 0 },
  });
  assert.equal(
    text,
    '{"numRecords":3,' +
      '"minValues":{"id":-9223372036854775808,"nested":{"x":0.5,"t":"2022-06-01T00:00:00.000Z"}},' +
      '"maxValues":{"id":9223372036854775807,"bad":null,"__proto__":true},' +
      '"nullCount":{"id":0}}',
  );
  assert.equal(parseStats(text).numRecords, 3);
  const add: AddFile = file("a", { stats: text });
  assert.deepEqual(parseActions(serialiseActions([{ add }]), { key }), [{ add }]);
});
