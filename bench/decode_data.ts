// Events that are not flat: nested objects and lists, escapes, members in mixed order.
import { randomFrom } from "../test/support/random.ts";

/** Lines of nested events, as bytes. */
export function nestedEvents(count: number): Uint8Array {
  const random = randomFrom(1);
  const upTo = (n: number) => Math.floor(random() * n);
  const pick = <T>(items: readonly T[]): T => items[upTo(items.length)]!;
  const lines = Array.from({ length: count }, (_, i) => {
    const members: [string, unknown][] = [
      ["event_timestamp", new Date(1.65e12 + i * 250).toISOString()],
      ["id", `${i}-${upTo(1e9).toString(36)}`],
      ["user", {
        id: upTo(5000),
        name: pick(["Ana", "Björn", "Chloë", "大輔"]),
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
    return JSON.stringify(Object.fromEntries(members));
  });
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
