import type { Action } from "./actions.ts";
import { CorruptLogError } from "./errors.ts";

/** Actions as newline-delimited JSON ("Delta Log Entries"). */
export function serialiseActions(actions: Iterable<Action>): Uint8Array {
  let text = "";
  for (const action of actions) text += JSON.stringify(toWire(action)) + "\n";
  return new TextEncoder().encode(text);
}

/**
 * Checks that a commit can be read back, so that none is written that stops every reader after it.
 *
 * @throws {TypeError} If it cannot.
 */
export function assertValidCommit(bytes: Uint8Array, key: string): void {
  try {
    parseActions(bytes, { key });
  } catch (cause) {
    throw new TypeError(`Cannot write a commit that is not valid: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function toWire(action: Action): unknown {
  if ("add" in action) return { add: { ...action.add, path: encodePath(action.add.path) } };
  if ("remove" in action) {
    const { remove } = action;
    const extendedFileMetadata = remove.partitionValues !== undefined && remove.size !== undefined;
    return { remove: { ...remove, path: encodePath(remove.path), extendedFileMetadata } };
  }
  return action;
}

/**
 * A store key as the relative URI the protocol wants: a `%` in a key becomes `%25`. `=` is left as
 * it is, as other writers do.
 */
function encodePath(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/").replaceAll("%3D", "=");
}

/** What {@linkcode parseActions} takes. */
export interface ParseActionsOptions {
  /** The log file, for messages. */
  readonly key: string;
  /** Leaves out `add` and `remove`, mostly without parsing them. Default: `false`. */
  readonly withoutFiles?: boolean;
}

/**
 * The actions of a commit or compacted file.
 *
 * @throws {CorruptLogError} If it is not newline-delimited JSON, or an action lacks what it must
 * have.
 */
export function parseActions(bytes: Uint8Array, options: ParseActionsOptions): Action[] {
  const { key, withoutFiles = false } = options;
  const lines = logLines(bytes, key);
  const actions: Action[] = [];
  for (const [index, line] of lines.entries()) {
    // The last line is parsed in any case: a file that was cut off shows it there.
    if (withoutFiles && index < lines.length - 1 && FILE_LINE.test(line)) continue;
    const action = parseLine(line, { key, line: index + 1 });
    if (action === undefined) continue;
    if (withoutFiles && ("add" in action || "remove" in action)) continue;
    actions.push(action);
  }
  return actions;
}

const FILE_LINE = /^\{"(?:add|remove)":/;

/** The lines of a log file that have something in them. */
export function logLines(bytes: Uint8Array, key: string): string[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CorruptLogError(key, "is not UTF-8", { cause });
  }
  const lines = text.split("\n");
  while (lines.at(-1)?.trim() === "") lines.pop();
  if (lines.length === 0) throw new CorruptLogError(key, "is empty");
  return lines;
}

/** One line's action; `undefined` for a kind that is not known here. */
export function parseLine(
  text: string,
  where: { readonly key: string; readonly line: number },
): Action | undefined {
  const { key, line } = where;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CorruptLogError(key, "is not JSON", { line, cause });
  }
  if (!isObject(value)) throw new CorruptLogError(key, "is not a JSON object", { line });
  try {
    return toAction(value);
  } catch (cause) {
    throw new CorruptLogError(key, `holds no valid action (${(cause as Error).message})`, {
      line,
      cause,
    });
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The action in a line's JSON; `undefined` for a kind that is not known here.
 *
 * @throws {Error} If it lacks what it must have.
 */
export function toAction(line: JsonObject): Action | undefined {
  const { add, remove, txn, metaData, protocol, commitInfo } = line;
  if (isObject(add)) return toAdd(add);
  if (isObject(remove)) return toRemove(remove);
  if (isObject(txn)) return toTxn(txn);
  if (isObject(metaData)) return toMetaData(metaData);
  if (isObject(protocol)) return toProtocol(protocol);
  if (isObject(commitInfo)) return { commitInfo };
  return undefined;
}

function toAdd(body: JsonObject): Action {
  const stats = optional(body, "stats", isString);
  const tags = optional(body, "tags", isStringMap);
  return {
    add: {
      path: decodeURIComponent(required(body, "path", isString)),
      partitionValues: optional(body, "partitionValues", isStringMap) ?? {},
      size: required(body, "size", isInteger),
      modificationTime: required(body, "modificationTime", isInteger),
      dataChange: required(body, "dataChange", isBoolean),
      ...(stats !== undefined && { stats }),
      ...(tags !== undefined && { tags }),
    },
  };
}

function toRemove(body: JsonObject): Action {
  const deletionTimestamp = optional(body, "deletionTimestamp", isInteger);
  const partitionValues = optional(body, "partitionValues", isStringMap);
  const size = optional(body, "size", isInteger);
  return {
    remove: {
      path: decodeURIComponent(required(body, "path", isString)),
      dataChange: required(body, "dataChange", isBoolean),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(partitionValues !== undefined && { partitionValues }),
      ...(size !== undefined && { size }),
    },
  };
}

function toTxn(body: JsonObject): Action {
  const lastUpdated = optional(body, "lastUpdated", isInteger);
  const tableVersion = optional(body, "tableVersion", isInteger);
  return {
    txn: {
      appId: required(body, "appId", isString),
      version: required(body, "version", isInteger),
      ...(lastUpdated !== undefined && { lastUpdated }),
      ...(tableVersion !== undefined && { tableVersion }),
    },
  };
}

function toMetaData(body: JsonObject): Action {
  const createdTime = optional(body, "createdTime", isInteger);
  const format = optional(body, "format", isObject);
  return {
    metaData: {
      ...body, // A changed metaData is written whole: keep what is not known here.
      id: required(body, "id", isString),
      format: {
        provider: (format && optional(format, "provider", isString)) ?? "parquet",
        options: (format && optional(format, "options", isPlainStringMap)) ?? {},
      },
      schemaString: required(body, "schemaString", isString),
      partitionColumns: required(body, "partitionColumns", isStringArray),
      configuration: optional(body, "configuration", isPlainStringMap) ?? {},
      ...(createdTime !== undefined && { createdTime }),
    },
  };
}

function toProtocol(body: JsonObject): Action {
  const readerFeatures = optional(body, "readerFeatures", isStringArray);
  const writerFeatures = optional(body, "writerFeatures", isStringArray);
  return {
    protocol: {
      minReaderVersion: required(body, "minReaderVersion", isInteger),
      minWriterVersion: required(body, "minWriterVersion", isInteger),
      ...(readerFeatures !== undefined && { readerFeatures }),
      ...(writerFeatures !== undefined && { writerFeatures }),
    },
  };
}

function required<T>(body: JsonObject, name: string, is: (value: unknown) => value is T): T {
  const value = body[name];
  if (!is(value)) throw new TypeError(`${name} is ${JSON.stringify(value)}`);
  return value;
}

/** Engines write an absent member either not at all or as null. */
function optional<T>(
  body: JsonObject,
  name: string,
  is: (value: unknown) => value is T,
): T | undefined {
  return body[name] === undefined || body[name] === null ? undefined : required(body, name, is);
}

const isString = (value: unknown): value is string => typeof value === "string";
const isInteger = (value: unknown): value is number => Number.isInteger(value);
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isStringArray = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(isString);
const isPlainStringMap = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every(isString);
const isStringMap = (value: unknown): value is Record<string, string | null> =>
  isObject(value) && Object.values(value).every((item) => item === null || isString(item));
