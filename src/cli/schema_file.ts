import { readFile } from "node:fs/promises";
import { parseType, type TypeName } from "../columns/type_name.ts";
import { messageOf } from "../errors.ts";
import { UsageError } from "./arguments.ts";
import { readFailure } from "../sources/byte_chunks.ts";

/**
 * Reads a file that says the types of columns: a JSON object of name to type.
 *
 * @throws {UsageError} If it says something else.
 */
export async function readSchemaFile(path: string): Promise<Readonly<Record<string, TypeName>>> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw readFailure(path, cause);
  });
  try {
    const schema: unknown = JSON.parse(text);
    if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
      throw new TypeError(
        `it must be an object of column names to types: current value is ${text}`,
      );
    }
    for (const [name, type] of Object.entries(schema)) parseType(type, name);
    return schema as Record<string, TypeName>;
  } catch (error) {
    const message = messageOf(error).replace(/^Cannot use option /, "the type of ");
    throw new UsageError(`Cannot use --schema ${path}: ${message.trim()}`);
  }
}
