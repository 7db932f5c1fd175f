// Lines of JSON, made at random and then damaged: what the kernel must read as the reference does.
import type { DecoderOptions } from "../../src/decode/reference_decoder.ts";
import { KernelDecoder } from "../../src/decode/kernel_decoder.ts";
import { kernelModule } from "../../src/decode/kernel_module.ts";
import { ReferenceDecoder } from "../../src/decode/reference_decoder.ts";
import { assertSameBatches } from "./batch_compare.ts";
import { batchesOf, joined, utf8 } from "./decode_helpers.ts";
import { randomFrom } from "../support/random.ts";

const NAMES = ["a", "b", "c", "at", "name", "a_longer_name_than_sixteen_bytes", "é", "", "1", "0"];
const ODD_NAMES = [
  '\\"',
  "\\\\",
  "\\u0061",
  "\\ud800",
  "__proto__",
  "10",
  "01",
  "4294967295",
  "\\n",
];
const STRINGS = [
  "",
  "x",
  "/home",
  "exactly-16-bytes",
  "seventeen bytes!!",
  "Medellín",
  "日本語",
  "😀",
  "a string that is a good deal longer than any register",
];
const ESCAPES = [
  '\\"',
  "\\\\",
  "\\/",
  "\\b\\f\\n\\r\\t",
  "\\u0000",
  "\\u00e9",
  "\\u65e5",
  "\\ud83d\\ude00",
  "\\ud83d",
  "\\ude00\\ud83d",
  "\\uD83Dx",
  "\\ufeff",
];
const NUMBERS = [
  "0",
  "-0",
  "1",
  "-17",
  "1.5",
  "0.1",
  "-0.0",
  "1.0",
  "1e3",
  "1E-3",
  "2.5e+2",
  "123456789012345678",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "-9223372036854775809",
  "18446744073709551616",
  "9007199254740993",
  "0.30000000000000004",
  "3.141592653589793238462643",
  "179769313486231570000000000000000000000e270",
  "5e-324",
  "1e-400",
  "1e400",
  "-1e999999999999",
  "0e999999999999",
  "123456789012345678901234567890",
  "0.000000000000000000000000000001",
  "8.41e22",
  "8.41e23",
  "9007199254740993.0",
  "1.7976931348623159e308",
  "-62.50184",
];
const TIMES = [
  '"2022-06-01T00:15:00.123456Z"',
  '"2022-06-01 00:15:00.123456"',
  '"2022-06-01"',
  '"2022-06-01T00:15"',
  '"2022-06-01T00:15:01,5+02:00"',
  '"2022-06-01T00:15:01.123456789 -0230"',
  '"2022-06-01T24:00:00Z"',
  '"2022-06-30T23:59:60z"',
  '"2024-02-29t00:00:00+02"',
  '"2023-02-29"',
  '"2022-06-01T00:15:01+02:"',
  '"1500-01-01"',
  '"1700-01-01"',
  '"0000-03-01"',
  '"2022-06-01T00:15:01.1234567891Z"',
  '"2022-06-01T00:00:00\\u005a"',
  "1654042500000",
  "-1",
  "-0",
  "1654042500000.7",
  "-0.0002",
  "1.6540425e12",
  "9007199254740993",
  "1654042500000123456",
  "1e300",
  "null",
  "true",
  '"soon"',
];
const SPACES = ["", "", "", "", "", " ", "\t", "\r", "  \t "];
const TOKENS = ['"', "\\", "{", "}", "[", "]", ":", ",", "\0", "\n", "\r", "-", "+", ".", "e", "0"];

type Pick = <T>(items: readonly T[]) => T;

/** Makes lines at random. */
class LineMaker {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  upTo(count: number): number {
    return Math.floor(this.#random() * count);
  }

  pick: Pick = (items) => items[this.upTo(items.length)]!;

  isOneIn(count: number): boolean {
    return this.upTo(count) === 0;
  }

  line(): string {
    if (this.isOneIn(40)) {
      return this.pick(["", " ", "\r", "null", "[]", "1", '"x"', "{", "{}", "nul"]);
    }
    const event = this.object(0, this.isOneIn(5) ? undefined : this.pick(TIMES));
    return this.pick(SPACES) + event + this.pick(SPACES);
  }

  object(depth: number, time?: string): string {
    const names = new Set<string>();
    for (let i = this.upTo(7); i > 0; i--) names.add(this.pick(NAMES));
    if (this.isOneIn(60)) names.add(this.pick(ODD_NAMES));
    names.delete("at");
    const members = Array.from(names, (name) => [name, this.value(depth)] as const);
    if (time !== undefined && !this.isOneIn(30)) members.splice(this.upTo(4), 0, ["at", time]);
    if (this.isOneIn(200)) members.push([this.pick(NAMES), this.value(depth)]); // perhaps twice
    const space = this.pick(SPACES);
    return `{${members.map(([n, v]) => `${space}"${n}"${space}:${space}${v}${space}`).join(",")}}`;
  }

  value(depth: number): string {
    switch (this.upTo(depth > 3 ? 6 : 9)) {
      case 0:
      case 1:
      case 2:
        return this.string();
      case 3:
        return this.pick(NUMBERS.slice(0, this.isOneIn(10) ? NUMBERS.length : 13));
      case 4:
        return String(this.isOneIn(2) ? this.upTo(1e6) : this.#random() * 1e3);
      case 5:
        return this.pick(["true", "false", "null"]);
      case 6:
        return this.object(depth + 1);
      case 7: {
        const items = Array.from({ length: this.upTo(4) }, () => this.value(depth + 1));
        return `[${items.join(`${this.pick(SPACES)},`)}]`;
      }
      default:
        if (!this.isOneIn(100)) return this.string();
        return "[".repeat(this.pick([60, 62, 63, 64, 65])) +
          "]".repeat(this.pick([60, 62, 63, 64, 65]));
    }
  }

  string(): string {
    if (this.isOneIn(4)) return `"${this.pick(STRINGS)}${this.pick(ESCAPES)}${this.pick(STRINGS)}"`;
    return this.isOneIn(3) ? `"${this.pick(STRINGS)}${this.upTo(1e9)}"` : `"${this.pick(STRINGS)}"`;
  }

  /** Bytes that are changed, left out, doubled or put in somewhere. */
  damaged(bytes: Uint8Array): Uint8Array {
    const at = this.upTo(bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (this.upTo(6)) {
      case 0:
        return joined(before, Uint8Array.of(this.upTo(256)), after.subarray(1));
      case 1:
        return joined(before, Uint8Array.of(this.upTo(256)), after);
      case 2:
        return joined(before, after.subarray(1 + this.upTo(3)));
      case 3:
        return joined(before, this.pick(TOKENS), after);
      case 4:
        return joined(before, after.subarray(0, this.upTo(20)), after);
      default:
        return before;
    }
  }
}

/** What decoders are asked to do with lines. */
interface Case {
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly options: DecoderOptions;
  readonly batchBytes: number;
}

function makeCase(random: () => number): Case {
  const maker = new LineMaker(random);
  const lines = 1 + maker.upTo(maker.isOneIn(10) ? 200 : 8);
  const pieces = Array.from({ length: lines }, () => utf8(maker.line()));
  const isDamaged = maker.isOneIn(2);
  const shown = pieces.flatMap((line) => [
    isDamaged && maker.isOneIn(3) ? maker.damaged(line) : line,
    utf8("\n"),
  ]);
  if (maker.isOneIn(20)) shown.unshift(Uint8Array.of(0xef, 0xbb, 0xbf));
  if (maker.isOneIn(2)) shown.pop();
  return {
    bytes: joined(...shown),
    lines,
    batchBytes: maker.pick([64, 300, 4096]),
    options: {
      time: maker.isOneIn(5)
        ? undefined
        : { field: "at", unit: maker.pick(["ms", "ms", "s", "us", "ns"] as const) },
      maxEventBytes: maker.isOneIn(10) ? 60 : 1 << 20,
      now: () => 1234,
      firstLine: 1,
    },
  };
}

/** Has both decoders read lines made at random, and compares. Returns how many lines there were. */
export function fuzzKernel(
  seed: number,
  lineCount: number,
  onCase: (lines: number) => void = () => {},
): number {
  if (kernelModule() === null) throw new Error("The JSON kernel does not run here");
  const random = randomFrom(seed);
  let lines = 0;
  while (lines < lineCount) {
    const made = makeCase(random);
    const { options } = made;
    const decoders = [new KernelDecoder(options), new ReferenceDecoder(options)] as const;
    for (const batch of batchesOf(made.bytes, { ...options, batchBytes: made.batchBytes })) {
      const [actual, expected] = decoders.map((decoder) => decoder.decode(batch));
      try {
        assertSameBatches(actual!, expected!);
      } catch (cause) {
        const text = JSON.stringify(new TextDecoder().decode(batch.bytes));
        throw new Error(`seed ${seed}, after ${lines} lines: the kernel differs in ${text}`, {
          cause,
        });
      }
    }
    lines += made.lines;
    onCase(lines);
  }
  return lines;
}
