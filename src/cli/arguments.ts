import { parseArgs, type ParseArgsConfig } from "node:util";

/** The command line is not what it must be: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** An option of a command. */
export interface OptionSpec {
  /** What its value is, such as `DIR`; absent for an option that takes none. */
  readonly value?: string;
  /** For the help: what it does, its constraint and its default. */
  readonly help: string;
}

/** The options of a command by name, without the dashes. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The options that were given. */
export type OptionValues<T extends OptionTable> = {
  readonly [Name in keyof T]?: T[Name] extends { readonly value: string } ? string : true;
};

/**
 * Reads the arguments of a command. Where an option is given twice, the last one counts.
 *
 * @param table The command's options, and how many arguments besides them it takes at most.
 * @throws {UsageError} With the argument that is wrong.
 */
export function parseArguments<T extends OptionTable>(
  args: readonly string[],
  table: { readonly options: T; readonly mostPositionals: number },
): { readonly values: OptionValues<T>; readonly positionals: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: parseArgsOptions(table.options),
    strict: false, // the messages are made here, so that they are the same in every runtime
    tokens: true,
  });
  const values: Record<string, string | true> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    const spec = Object.hasOwn(table.options, name) ? table.options[name] : undefined;
    if (spec === undefined) throw new UsageError(`Unknown option ${rawName}`);
    if (spec.value === undefined) {
      if (value !== undefined) {
        throw new UsageError(
          `${rawName} takes no value: current value is ${JSON.stringify(value)}`,
        );
      }
      values[name] = true;
    } else if (value === undefined || (!inlineValue && /^-[^\d]/.test(value))) {
      throw new UsageError(`${rawName} needs a value: ${rawName} ${spec.value}`);
    } else {
      values[name] = value;
    }
  }
  const surplus = positionals[table.mostPositionals];
  if (surplus !== undefined) throw new UsageError(`Unexpected argument ${JSON.stringify(surplus)}`);
  return { values: values as OptionValues<T>, positionals };
}

function parseArgsOptions(options: OptionTable): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? "boolean" : "string" },
    ]),
  );
}
