/** What Hive, Spark and pyarrow name the directory of a null. */
export const HIVE_NULL = "__HIVE_DEFAULT_PARTITION__";

/** Longest name of a directory or file on the file systems in use, in bytes. */
export const MAX_NAME_BYTES = 255;

const encoder = new TextEncoder();

/**
 * A partition column and its value as the name of a Hive directory, `page_url_path=%2Fhome`. `null`
 * becomes `__HIVE_DEFAULT_PARTITION__`.
 *
 * In the value every byte of its UTF-8 is percent-encoded but the unreserved characters of RFC 3986
 * (letters, digits, `-._~`), as pyarrow writes it. A dot at the end is encoded too, since Windows
 * would drop it, and so is the first character of a string that reads like a name for null.
 *
 * The column's name is written as it is, since DuckDB and Polars do not decode names; only what no
 * directory may be called on some system is encoded.
 *
 * The result is one path segment that always contains `=`, so it is never `.`, `..` or a reserved
 * device name.
 *
 * @returns `undefined` when the name would be longer than 255 bytes.
 *
 * @example
 * ```ts
 * import { hiveSegment } from "sluice";
 *
 * hiveSegment("page_url_path", "/home"); // "page_url_path=%2Fhome"
 * ```
 */
export function hiveSegment(column: string, value: string | null): string | undefined {
  const segment = `${encodeName(column)}=${value === null ? HIVE_NULL : encodeValue(value)}`;
  // UTF-8 has at most three bytes for each code unit.
  const isShort = segment.length * 3 <= MAX_NAME_BYTES;
  return isShort || encoder.encode(segment).length <= MAX_NAME_BYTES ? segment : undefined;
}

/**
 * Reads a Hive directory name back: `[column, value]`, or `undefined` when it is none.
 *
 * @example
 * ```ts
 * import { parseHiveSegment } from "sluice";
 *
 * parseHiveSegment("page_url_path=%2Fhome"); // ["page_url_path", "/home"]
 * ```
 */
export function parseHiveSegment(
  segment: string,
): [column: string, value: string | null] | undefined {
  const equals = segment.indexOf("=");
  if (equals < 1) return undefined;
  const value = segment.slice(equals + 1);
  try {
    return [
      decodeURIComponent(segment.slice(0, equals)),
      value === HIVE_NULL ? null : decodeURIComponent(value),
    ];
  } catch {
    return undefined; // a stray percent sign: some other directory
  }
}

/** Control characters, what paths and this format are made of, and what Windows does not allow. */
// deno-lint-ignore no-control-regex
const UNSAFE_IN_NAMES = /[\0-\x1f\x7f/\\%="*:<>?|]/g;

function encodeName(name: string): string {
  return name.replace(UNSAFE_IN_NAMES, (char) => percentEncoded(char.charCodeAt(0)));
}

/** What some reader takes for a null: DuckDB also the word, in upper or lower case. */
const NULL_NAMES = /^(?:__HIVE_DEFAULT_PARTITION__|null)$/i;

function encodeValue(value: string): string {
  if (NULL_NAMES.test(value)) return percentEncoded(value.charCodeAt(0)) + value.slice(1);
  return encodeLastDot(value.replace(RESERVED, encodeRun));
}

/** Whole runs, so that no surrogate pair is taken apart. */
const RESERVED = /[^A-Za-z0-9\-._~]+/g;

function encodeRun(run: string): string {
  return Array.from(encoder.encode(run), percentEncoded).join("");
}

function encodeLastDot(encoded: string): string {
  return encoded.endsWith(".") ? `${encoded.slice(0, -1)}%2E` : encoded;
}

function percentEncoded(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
