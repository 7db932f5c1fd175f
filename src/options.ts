/** Tells the time, in milliseconds since the epoch. `Date` is one. */
export interface Clock {
  now(): number;
}

/** How many bytes a MiB has. */
export const MIB: number = 1 << 20;

/**
 * Checks an option that counts something.
 *
 * @throws {RangeError} If it is not a whole number of at least `least`.
 */
export function atLeast(value: number, name: string, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(
      `Cannot use option "${name}": it must be a whole number of at least ${least}: ` +
        `current value is ${String(value)}`,
    );
  }
  return value;
}

/**
 * Checks an option that is one of some words.
 *
 * @throws {RangeError} If it is none of them.
 */
export function oneOf<T extends string>(value: T, name: string, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    throw new RangeError(
      `Cannot use option "${name}": it must be one of ${allowed.join(", ")}: ` +
        `current value is ${JSON.stringify(value)}`,
    );
  }
  return value;
}
