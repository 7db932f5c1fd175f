import { MIB } from "../options.ts";
import { day, hour, month, type PartitionColumn, year } from "../partition/partition_column.ts";
import type { Duration } from "../window/duration.ts";
import { UsageError } from "./arguments.ts";

/** A duration: a number alone is milliseconds. The library checks the rest. */
export function toDuration(text: string): Duration {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** A whole number of at least 0. */
export function toCount(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw refusal(flag, "a whole number", text);
  return Number(text);
}

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1 << 10,
  MiB: MIB,
  GiB: 1 << 30,
};

/** A number of bytes with a unit, `256MiB`, of at least 1 MiB. */
export function toBytes(flag: string, text: string): number {
  const [, number, unit = "B"] = /^(\d+(?:\.\d+)?) ?([a-zA-Z]+)?$/.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (BYTES_PER_UNIT[unit] ?? NaN));
  if (!(bytes >= MIB)) throw refusal(flag, "a size of at least 1MiB, such as 256MiB or 1GB", text);
  return bytes;
}

/** Events per second: `100` or `100/s`. */
export function toRate(flag: string, text: string): number {
  const rate = Number(/^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)?.[1]);
  if (!(rate > 0)) {
    throw refusal(flag, "a number of events per second above 0, such as 100/s", text);
  }
  return rate;
}

const TIME_PARTS = { year, month, day, hour };

/** Partition columns between commas: parts of the time, or fields of the event. */
export function toPartitionColumns(flag: string, text: string): readonly PartitionColumn[] {
  return text.split(",").map((name) => {
    const isPart = (name: string): name is keyof typeof TIME_PARTS =>
      Object.hasOwn(TIME_PARTS, name);
    if (isPart(name)) return TIME_PARTS[name]();
    const field = name.replace(/^field:/, "");
    if (field === "") {
      throw refusal(flag, "names between commas, such as year,month,day,page", text);
    }
    return field;
  });
}

function refusal(flag: string, constraint: string, text: string): UsageError {
  return new UsageError(
    `Cannot use ${flag}: it must be ${constraint}: current value is ${JSON.stringify(text)}`,
  );
}

/**
 * Runs what checks the library's options. What it says of an option is said of the flag here:
 * `option "timeUnit"` is `--time-unit`.
 *
 * @throws {UsageError} If an option is not what it must be.
 */
export function checkOptions<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    const isMisuse = error instanceof RangeError || error instanceof TypeError;
    if (!isMisuse || !OPTION.test(error.message)) throw error;
    throw new UsageError(error.message.replace(OPTION, (_, name: string) => flagOf(name)));
  }
}

const OPTION = /option "([\w.]+)"/;

function flagOf(name: string): string {
  return `--${name.replace(/\.?([A-Z])|\./g, (_, letter = "") => `-${letter.toLowerCase()}`)}`;
}
