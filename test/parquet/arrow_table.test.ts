import assert from "node:assert/strict";
import { test } from "node:test";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { fromArrowIpc } from "../../src/parquet/arrow_vectors.ts";
import { toArrowIpc } from "../../src/parquet/arrow_table.ts";
import { ARBITRARY_TABLE, tableValues } from "../columns/random_tables.ts";

test("apache-arrow reads what is written", () => {
  fc.assert(
    fc.property(ARBITRARY_TABLE, (table) => {
      const ipc = toArrowIpc(table);
      const read = arrow.tableFromIPC(ipc);
      assert.equal(read.numRows, table.rows);
      assert.deepEqual(read.schema.fields.map(({ name }) => name), table.fields.map((f) => f.name));
      // Written by itself, so that nothing is left of how it was written here.
      assert.deepEqual(
        tableValues(fromArrowIpc(arrow.tableToIPC(read, "stream"))),
        tableValues(table),
      );
    }),
    { numRuns: 100 },
  );
});

test("tables of other columns follow each other", () => {
  const tableOf = (name: string) => ({
    rows: 1,
    fields: [{ name, type: { kind: "bool" } }] as const,
    vectors: [
      { type: { kind: "bool" }, length: 1, nullCount: 0, bits: Uint8Array.of(1) },
    ] as const,
  });
  for (const name of ["a", "b", "a"]) {
    assert.deepEqual(arrow.tableFromIPC(toArrowIpc(tableOf(name))).toArray().map(String), [
      `{"${name}": true}`,
    ]);
  }
});
