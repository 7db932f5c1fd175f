/**
 * A seeded stream of random numbers: sfc32, the 32-bit "small fast counter" generator of PractRand.
 * It needs nothing but 32-bit integer arithmetic, so every runtime draws the same numbers.
 */
export class Random {
  readonly #state = new Int32Array(4);

  /**
   * @param seed A whole number from 0 to `Number.MAX_SAFE_INTEGER`.
   * @param stream Which of the seed's streams: a whole number from 0 to 2^32 − 1.
   */
  constructor(seed: number, stream: number) {
    this.#state.set([seed, Math.floor(seed / 2 ** 32), stream, 1]);
    // The rounds PractRand spends on spreading a seed over the whole state.
    for (let round = 0; round < 15; round++) this.uint32();
  }

  /** A whole number from 0 to 2^32 − 1. */
  uint32(): number {
    const state = this.#state;
    const a = state[0]!;
    const b = state[1]!;
    const c = state[2]!;
    const counter = state[3]!;
    const drawn = (a + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + drawn;
    state[3] = counter + 1;
    return drawn >>> 0;
  }

  /** A whole number from 0 to `count − 1`. Exact for a `count` of up to 2^21. */
  below(count: number): number {
    return Math.floor(this.uint32() * count / 2 ** 32);
  }

  /** Whether something happened that has this probability. */
  chance(probability: number): boolean {
    return this.uint32() < probability * 2 ** 32;
  }

  /** One of the items, each as likely as any other. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** A version 4 UUID (RFC 9562, section 5.4) in lower case. */
  uuid(): string {
    const a = this.uint32();
    const b = this.uint32();
    const c = this.uint32();
    const d = this.uint32();
    return hex(a >>> 16) + hex(a) + "-" + hex(b >>> 16) + "-" +
      hex(0x4000 | (b & 0x0fff)) + "-" + hex(0x8000 | (c >>> 16 & 0x3fff)) + "-" +
      hex(c) + hex(d >>> 16) + hex(d);
  }
}

const BYTE_HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

/** The low 16 bits as four hexadecimal digits. */
function hex(word: number): string {
  return BYTE_HEX[word >>> 8 & 0xff]! + BYTE_HEX[word & 0xff]!;
}
