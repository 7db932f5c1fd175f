// Random calls on a journal whose disk fails and crashes at random, against a model.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JournalError } from "../../src/journal/errors.ts";
import { LogJournal } from "../../src/journal/log_journal.ts";
import { Disk, type Fault } from "./disk.ts";

type Call =
  | { readonly verb: "append"; readonly segments: readonly string[]; readonly length: number }
  | { readonly verb: "seal" | "delete"; readonly segments: readonly string[] };

interface Round {
  /** Calls of a turn are made without waiting for one another. */
  readonly turns: readonly (readonly Call[])[];
  /** The step of the disk at which something goes wrong; maybe past the end. */
  readonly faultAt: number;
  readonly fault: Fault;
}

/** What a journal should hold. */
class Model {
  readonly segments = new Map<string, { number: number | undefined; payloads: string[] }>();

  constructor(from?: Model) {
    for (const [name, { number, payloads }] of from?.segments ?? []) {
      this.segments.set(name, { number, payloads: [...payloads] });
    }
  }

  isOpen(name: string): boolean {
    const segment = this.segments.get(name);
    return segment !== undefined && segment.number === undefined;
  }

  append(name: string, payload: Uint8Array): void {
    const segment = this.segments.get(name) ?? { number: undefined, payloads: [] };
    this.segments.set(name, segment);
    segment.payloads.push(payload.join());
  }

  text(): string {
    return JSON.stringify([...this.segments]);
  }
}

const segments = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 });
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ verb: fc.constant("append"), segments, length: fc.nat(40) }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constantFrom("seal", "delete"), segments }) },
);
const damage: fc.Arbitrary<Fault["damage"]> = fc.oneof(
  fc.constant(undefined),
  fc.constant((bytes: Uint8Array) => bytes),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => (bytes: Uint8Array) =>
    bytes.slice(0, Math.floor(bytes.length * share))
  ),
  // Pages that never arrived read as zeros, in whatever order the others came.
  fc.infiniteStream(fc.boolean()).map((arrived) => (bytes: Uint8Array) => {
    const pages = bytes.slice();
    for (let page = 0; page < pages.length; page += 8) {
      if (!arrived.next().value) pages.fill(0, page, page + 8);
    }
    return pages;
  }),
);
const round: fc.Arbitrary<Round> = fc.record({
  turns: fc.array(fc.array(call, { maxLength: 5 }), { maxLength: 8 }),
  faultAt: fc.nat(20),
  fault: fc.record({ kind: fc.constantFrom("fail", "crash"), damage }),
});

test("whatever goes wrong, a journal holds what was acknowledged and no part of a call", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(round, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 60, max: 400 }),
      async (rounds, maxFileBytes) => {
        let disk = new Disk();
        let model = new Model();
        let count = 0;
        for (const { turns, faultAt, fault } of rounds) {
          disk = disk.afterCrash();
          const journal = new LogJournal(disk.directory(), { maxFileBytes });
          assert.equal(await textOf(journal), model.text());
          disk.plan = (step) => step === faultAt ? fault : undefined;

          // The states after each call; the journal is to be in one of them, and in none before
          // the last call that was acknowledged.
          const states = [model];
          let acknowledged = 0;
          for (const turn of turns) {
            const results = [];
            for (const call of turn) {
              const next = new Model(states.at(-1)!);
              const made = make(journal, { call, next, count: count++ });
              if (made === undefined) continue;
              const place = states.push(next) - 1;
              results.push(made.then(
                () => void (acknowledged = Math.max(acknowledged, place)),
                (error) => assert(error instanceof JournalError, error),
              ));
            }
            await Promise.all(results);
            // A journal that failed refuses the rest; none of it may come true.
            if (acknowledged < states.length - 1) break;
          }

          if (fault.kind === "fail") await journal.close().catch(() => {});
          disk = disk.afterCrash();
          const found = await textOf(new LogJournal(disk.directory()));
          const possible = states.slice(acknowledged).map((state) => state.text());
          assert(
            possible.includes(found),
            `found ${found}, expected one of ${possible.join("\n")}`,
          );
          model = states[acknowledged + possible.indexOf(found)]!;
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** Makes the call if the model allows it, and changes the model. */
function make(
  journal: LogJournal,
  options: { call: Call; next: Model; count: number },
): Promise<void> | undefined {
  const { call, next, count } = options;
  switch (call.verb) {
    case "append": {
      const records = call.segments
        .filter((segment) => !next.segments.has(segment) || next.isOpen(segment))
        .map((segment, i) => ({
          segment,
          payload: new Uint8Array(call.length).fill(count * 5 + i),
        }));
      for (const { segment, payload } of records) next.append(segment, payload);
      return records.length === 0 ? undefined : journal.append(records);
    }
    case "seal": {
      const segments = call.segments.filter((segment) => next.isOpen(segment));
      for (const segment of segments) next.segments.get(segment)!.number = count;
      return segments.length === 0 ? undefined : journal.seal(segments, count);
    }
    case "delete": {
      for (const segment of call.segments) next.segments.delete(segment);
      return journal.delete(call.segments);
    }
  }
}

/** What a journal holds when it is opened, as {@linkcode Model.text}. */
async function textOf(journal: LogJournal): Promise<string> {
  const model = new Model();
  const { segments } = await journal.open();
  for (const { segment, number } of segments) {
    const payloads = [];
    for await (const payload of journal.read(segment)) payloads.push(payload.join());
    model.segments.set(segment, { number, payloads });
  }
  return model.text();
}
