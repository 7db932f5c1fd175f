import { JsonFloat, type JsonValue } from "../columns/json_value.ts";

/**
 * Whether a line may hold a number that `JSON.parse` would blur: 16 digits or more, or a whole one
 * with a fraction or an exponent. Text that only looks so costs a second reading and no more.
 */
export const MAY_BLUR: RegExp = /[:,[]\s*-?(?:\d{16}|\d+(?:\.0+(?!\d)|(?:\.\d+)?[eE]))/;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Reads JSON as `JSON.parse` does, but keeps numbers apart as columns need them: integers exact,
 * whole floats marked. The text must be valid JSON already.
 */
export function parseExact(text: string): JsonValue {
  return new ExactReader(text).readValue();
}

class ExactReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(): JsonValue {
    switch (this.#peek()) {
      case "{":
        return this.#readObject();
      case "[":
        return this.#readArray();
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

  #readObject(): JsonValue {
    // Without a prototype, `__proto__` is a name like any other.
    const object = Object.create(null) as Record<string, JsonValue>;
    this.#at++;
    while (this.#peek() !== "}") {
      if (this.#text[this.#at] === ",") this.#at++;
      if (this.#peek() === "}") break;
      const name = this.#readString();
      this.#peek();
      this.#at++; // the colon
      object[name] = this.readValue();
    }
    this.#at++;
    return object;
  }

  #readArray(): JsonValue {
    const values: JsonValue[] = [];
    this.#at++;
    while (this.#peek() !== "]") {
      if (this.#text[this.#at] === ",") this.#at++;
      values.push(this.readValue());
    }
    this.#at++;
    return values;
  }

  #readString(): string {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    return JSON.parse(this.#text.slice(start, ++this.#at)) as string;
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
