import type { Random } from "./random.ts";

/**
 * A choice between values of different likelihood. Every weight of the simulation is a whole
 * percentage, so the choice is one look-up in a table of a hundred.
 */
export class WeightedChoice<T extends string> {
  readonly #values: readonly T[];

  /** @param percentages How likely each value is; together 100. */
  constructor(percentages: Readonly<Partial<Record<T, number>>>) {
    const entries = Object.entries(percentages) as [T, number][];
    this.#values = entries.flatMap(([value, percent]) => Array<T>(percent).fill(value));
    if (this.#values.length !== 100) {
      throw new RangeError(
        `Cannot choose by percentages that do not add up to 100: current value is ${
          JSON.stringify(percentages)
        }`,
      );
    }
  }

  /** Draws a value. */
  pick(random: Random): T {
    return random.pick(this.#values);
  }
}
