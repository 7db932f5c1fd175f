/** What Hive, Spark and pyarrow name the directory of a null. */
export const HIVE_NULL = "__HIVE_DEFAULT_PARTITION__";

/** Longest name of a directory or file on the file systems in use, in bytes. */
export const MAX_NAME_BYTES = 255;

const encoder = new TextEncoder();

/**
 * A partition column and its value as the name of a Hive directory, `page_url_path=%2Fhome`: UTF-8,
 * with every byte percent-encoded but the unreserved characters of RFC 3986 (letters, digits,
 * `-._~`), as pyarrow writes it. `null` becomes `__HIVE_DEFAULT_PARTITION__`.
 *
 * A dot at the end is encoded too, since Windows would drop it, and so is the first character of a
 * string that reads like the name for null. The result is one path segment that always contains
 * `=`, so it is never `.`, `..` or a reserved device name.
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
  const segment = `${encodeHive(column)}=${value === null ? HIVE_NULL : encodeValue(value)}`;
  return segment.length > MAX_NAME_BYTES ? undefined : segment;
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

function encodeValue(value: string): string {
  const encoded = encodeHive(value);
  if (encoded === HIVE_NULL) return `%5F${encoded.slice(1)}`;
  return encoded.endsWith(".") ? `${encoded.slice(0, -1)}%2E` : encoded;
}

function encodeHive(text: string): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(text)) return text;
  let encoded = "";
  for (const byte of encoder.encode(text)) {
    const char = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9\-._~]/.test(char)
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
