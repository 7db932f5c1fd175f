/**
 * Whether a name is an array index (ECMA-262, 6.1.7): objects of JavaScript have such members before
 * others, in the order of their numbers, and so have events.
 */
export function isArrayIndex(name: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1;
}
