// Flat events of many columns and of few.
import { randomFrom } from "../test/support/random.ts";

const START = Date.UTC(2022, 3, 15);
const WIDE_STEP_MS = 1000;
const NARROW_STEP_MS = 30;
const WIDE_COLUMNS = 200;

/** A value of a column: columns are of each of these kinds in turn. */
const KINDS: readonly ((random: () => number) => unknown)[] = [
  (random) => Math.floor(random() * 1e6),
  (random) => Math.round(random() * 1e7) / 1e4,
  (random) => `category ${Math.floor(random() * 20)}`,
  (random) => Math.floor(random() * 2 ** 32).toString(36),
  (random) => random() < 0.5,
  (random) => random() < 0.3 ? null : Math.floor(random() * 100),
];

/** Events of 200 columns as lines of JSON: numbers, texts, booleans, some of them null. */
export function* wideEvents(count: number): Generator<string, void> {
  const random = randomFrom(1);
  const columns = Array.from(
    { length: WIDE_COLUMNS - 2 },
    (_, i) => [`field_${String(i).padStart(3, "0")}`, KINDS[i % KINDS.length]!] as const,
  );
  for (let i = 0; i < count; i++) {
    const event: Record<string, unknown> = {
      event_timestamp: new Date(START + i * WIDE_STEP_MS).toISOString(),
      region: `region-${Math.floor(random() * 4)}`,
    };
    for (const [name, valueOf] of columns) event[name] = valueOf(random);
    yield JSON.stringify(event);
  }
}

/** Events of 3 columns as lines of JSON: a time, a sensor, a reading. */
export function* narrowEvents(count: number): Generator<string, void> {
  const random = randomFrom(1);
  for (let i = 0; i < count; i++) {
    yield JSON.stringify({
      event_timestamp: new Date(START + i * NARROW_STEP_MS).toISOString(),
      sensor: `sensor-${Math.floor(random() * 4)}`,
      reading: Math.round(random() * 1e7) / 1e4,
    });
  }
}
