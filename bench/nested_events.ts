// Events that are not flat: nested objects and lists, escapes, members in mixed order or missing.
import { randomFrom } from "../test/support/random.ts";

const START = Date.UTC(2022, 3, 15);
const STEP_MS = 250;

/** What no event is without. */
const ALWAYS = ["event_timestamp", "id", "type"];

/** Nested events as lines of JSON. */
export function* nestedEvents(count: number): Generator<string, void> {
  const random = randomFrom(1);
  const upTo = (n: number) => Math.floor(random() * n);
  const pick = <T>(items: readonly T[]): T => items[upTo(items.length)]!;
  for (let i = 0; i < count; i++) {
    const members: [string, unknown][] = [
      ["event_timestamp", new Date(START + i * STEP_MS).toISOString()],
      ["id", `${i}-${upTo(1e9).toString(36)}`],
      ["type", pick(["view", "search", "order", "return"])],
      ["user", {
        id: upTo(5000),
        name: pick(["Ana", "Björn", "Chloë", "大輔", "Zoé 🌊"]),
        vip: random() < 0.1,
      }],
      ["message", pick(['said "hi"', "a\\b", "two\nlines", "plain text", "tab\there"])],
      [
        "cart",
        Array.from({ length: upTo(4) }, () => ({
          sku: `sku-${upTo(500)}`,
          price: upTo(10_000) / 100,
          tags: pick([[], ["new"], ["sale", "last one"]]),
        })),
      ],
      ["context", { device: { os: pick(["Linux", "iOS"]), screen: [upTo(4000), upTo(2000)] } }],
      ["ratio", random()],
    ];
    if (random() < 0.3) members.reverse();
    const kept = members.filter(([name]) => ALWAYS.includes(name) || random() < 0.9);
    const line = JSON.stringify(Object.fromEntries(kept));
    yield random() < 0.2 ? inAscii(line) : line;
  }
}

/** The same JSON, with `\u` for whatever is beyond ASCII. */
function inAscii(json: string): string {
  return json.replace(
    // deno-lint-ignore no-control-regex
    /[^\x00-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
