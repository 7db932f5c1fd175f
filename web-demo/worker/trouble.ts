const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One line in so many is cut short, */
const BROKEN_EVERY = 131;
/** has another type in a field than the table, */
const ODD_EVERY = 67;
/** or is held up until its window is over. */
const LATE_EVERY = 89;
/** That is so many events later. */
const LATE_BY = 6000;

/** Does to lines what happens to events on their way. The same lines give the same. */
export async function* withTrouble(
  lines: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const heldUp: { readonly until: number; readonly line: Uint8Array }[] = [];
  let count = 0;
  for await (const line of lines) {
    count++;
    if (heldUp[0]?.until === count) yield heldUp.shift()!.line;
    if (count % BROKEN_EVERY === 0) yield cutShort(line);
    else if (count % ODD_EVERY === 0) yield withOddType(line);
    else if (count % LATE_EVERY === 0) heldUp.push({ until: count + LATE_BY, line });
    else yield line;
  }
}

function cutShort(line: Uint8Array): Uint8Array {
  const cut = line.slice(0, Math.floor(line.length * 0.6) + 1);
  cut[cut.length - 1] = 10;
  return cut;
}

function withOddType(line: Uint8Array): Uint8Array {
  const text = decoder.decode(line);
  return encoder.encode(
    text.replace(/"device_is_mobile":(true|false)/, '"device_is_mobile":"perhaps"'),
  );
}

/**
 * Keeps the type of the odd field as it should be, should an odd event come first; and the columns
 * that say most in front.
 */
export const SIMULATED_SCHEMA = {
  event_timestamp: "timestamp",
  event_id: "string",
  user_custom_id: "string",
  geo_country: "string",
  device_is_mobile: "bool",
} as const;
