import { JsonFloat, type JsonValue } from "../columns/json_value.ts";

/**
 * Whether a line may hold a number that `JSON.parse` would blur: 16 digits or more, a whole one with
 * a fraction or an exponent, or a fraction so near a whole number that it may have become one (which
 * takes 16 digits too, of which the first after the point is 0 or 9). Text that only looks so costs
 * a second reading and no more.
 */
export const MAY_BLUR: RegExp =
  /[:,[]\s*-?(?:\d{16}|(?=[\d.]{17})\d+\.[09]|\d+(?:\.0+(?!\d)|(?:\.\d+)?[eE]))/;

/** How deep JSON may nest; the event itself is the first level. */
export const MAX_DEPTH = 64;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Reads JSON as `JSON.parse` does, but keeps numbers apart as columns need them: integers exact,
 * whole floats marked. The text must be valid JSON already, and nest no deeper than
 * {@linkcode MAX_DEPTH} but in members that a later one of the same name replaces.
 */
export function parseExact(text: string): JsonValue {
  return new ExactReader(text).readValue(1);
}

class ExactReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(depth: number): JsonValue {
    switch (this.#peek()) {
      case "{":
        return depth > MAX_DEPTH ? this.#skipNested() : this.#readObject(depth);
      case "[":
        return depth > MAX_DEPTH ? this.#skipNested() : this.#readArray(depth);
      case '"':
        return this.#readString();
      case "t":
        this.#at += 4;
        return true;
      case "f":
        this.#at += 5;
        return false;
      case "n":
        this.#at += 4;
        return null;
      default:
        return this.#readNumber();
    }
  }

  /** The next character that is no white space. */
  #peek(): string {
    while (this.#text.charCodeAt(this.#at) <= 32) this.#at++;
    return this.#text[this.#at]!;
  }

  #readObject(depth: number): JsonValue {
    // Without a prototype, `__proto__` is a name like any other.
    const object = Object.create(null) as Record<string, JsonValue>;
    this.#at++;
    while (this.#peek() !== "}") {
      if (this.#text[this.#at] === ",") this.#at++;
      this.#peek();
      const name = this.#readString();
      this.#peek();
      this.#at++; // the colon
      object[name] = this.readValue(depth + 1);
    }
    this.#at++;
    return object;
  }

  #readArray(depth: number): JsonValue {
    const values: JsonValue[] = [];
    this.#at++;
    while (this.#peek() !== "]") {
      if (this.#text[this.#at] === ",") this.#at++;
      values.push(this.readValue(depth + 1));
    }
    this.#at++;
    return values;
  }

  #readString(): string {
    const start = this.#at;
    this.#skipString();
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #skipString(): void {
    this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at++;
  }

  /** Passes over a value that nobody will see. */
  #skipNested(): JsonValue {
    let depth = 0;
    do {
      const char = this.#peek();
      if (char === '"') this.#skipString();
      else this.#at++;
      if (char === "[" || char === "{") depth++;
      else if (char === "]" || char === "}") depth--;
    } while (depth > 0);
    return null;
  }

  #readNumber(): JsonValue {
    const start = this.#at;
    while (/[-+.\deE]/.test(this.#text[this.#at] ?? "")) this.#at++;
    const literal = this.#text.slice(start, this.#at);
    const number = Number(literal);
    if (!Number.isInteger(number)) return number;
    if (/[.eE]/.test(literal)) return new JsonFloat(number);
    if (Number.isSafeInteger(number)) return number;
    const integer = BigInt(literal);
    return integer >= INT64_MIN && integer <= INT64_MAX ? integer : new JsonFloat(number);
  }
}
