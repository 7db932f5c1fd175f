// Random numbers that are the same for the same seed.

/** Random integers of 32 bits: mulberry32. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ state >>> 15, state | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return (t ^ t >>> 14) >>> 0;
  };
}

/** Random integers from 0 to what is asked for, without it. */
export function randomOf(seed: number): (below: number) => number {
  const next = mulberry32(seed);
  return (below) => next() % below;
}

/** Random numbers from 0 to 1, without 1. */
export function randomFrom(seed: number): () => number {
  const next = mulberry32(seed);
  return () => next() / 2 ** 32;
}
