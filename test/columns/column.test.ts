import assert from "node:assert/strict";
import { test } from "node:test";
import { Column } from "../../src/columns/column.ts";
import { bit, INT64, MISSING, NULL, STRING } from "../../src/columns/kind.ts";

test("a column knows which kinds it has, wherever they are", () => {
  for (let length = 0; length < 14; length++) {
    for (let at = 0; at < 5; at++) { // arrays that share a buffer may begin anywhere
      for (let odd = -1; odd < length; odd++) {
        const column = new Column(0);
        column.kinds = new Uint8Array(new Uint8Array(32).fill(NULL).buffer, at, length);
        column.kinds.fill(STRING);
        if (odd >= 0) column.kinds[odd] = odd % 2 === 0 ? INT64 : MISSING;
        const expected = column.kinds.reduce((seen, kind) => seen | bit(kind), 0);
        assert.equal(column.seen, expected, `${odd} of ${length} at ${at}`);
      }
    }
  }
});
