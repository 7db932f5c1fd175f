import type { KernelHolder } from "../columns/kernel_rows.ts";
import { kindOfType } from "../columns/kind_of_type.ts";
import { padded } from "../columns/padded.ts";
import { type DataType, type Field, holdsJson } from "../columns/schema.ts";
import { type ColumnStats, MAX_STATS_COLUMNS, type StatValue } from "../columns/stats.ts";
import { timestampText } from "../columns/time_text.ts";
import type { ParquetKernel } from "./kernel_module.ts";
import { schemaMetadata } from "./schema_metadata.ts";

/** Words of `Planned` and of `Stats` in kernel/runs.ts. */
const PLANNED_WORDS = 5;
const STATS_WORDS = 6;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a kernel is told of the files of a schema. It is put into its memory once. */
export class FilePlan {
  readonly fields: readonly Field[];
  readonly #kernel: ParquetKernel;
  readonly #at: number;
  readonly #head: readonly [at: number, length: number];
  readonly #tail: readonly [at: number, length: number];

  private constructor(holder: KernelHolder, fields: readonly Field[]) {
    const kernel = holder.kernel as ParquetKernel;
    const { head, paths, tail } = schemaMetadata(fields);
    const words: number[] = [];
    let bytes = 0;
    const place = (array: Uint8Array): [at: number, length: number] => {
      const at = bytes;
      bytes += padded(array.length);
      return [at, array.length];
    };
    const places = [...paths, head, tail].map(place);
    let leaf = 0;
    const add = ({ name, type }: Field): void => {
      const children = childrenOf(type);
      const path = children.length > 0 ? [0, 0] : places[leaf++]!;
      words.push(kindOfType(type), holder.fieldId(name), children.length);
      words.push(...path);
      for (const child of children) add(child);
    };
    for (const field of fields) add(field);
    this.fields = fields;
    this.#kernel = kernel;
    const room = kernel.plan(bytes + 4 * words.length);
    this.#at = room + bytes;
    for (let i = 3; i < words.length; i += PLANNED_WORDS) words[i]! += room;
    new Uint32Array(kernel.memory.buffer, this.#at, words.length).set(words);
    for (const [i, array] of [...paths, head, tail].entries()) {
      new Uint8Array(kernel.memory.buffer, room + places[i]![0]).set(array);
    }
    const [headPlace, tailPlace] = places.slice(-2) as [[number, number], [number, number]];
    this.#head = [room + headPlace[0], headPlace[1]];
    this.#tail = [room + tailPlace[0], tailPlace[1]];
  }

  /** The plan of files with these columns, of which a kernel has one; none if some are JSON texts. */
  static of(holder: KernelHolder, fields: readonly Field[]): FilePlan | undefined {
    let plan = known.get(holder);
    if (plan?.fields === fields) return plan;
    if (fields.some(({ type }) => holdsJson(type))) return undefined;
    plan = new FilePlan(holder, fields);
    known.set(holder, plan);
    return plan;
  }

  /** Makes a file of runs that the kernel has; `undefined` if it cannot. */
  encode(
    runs: number,
    { rows, codec }: { readonly rows: number; readonly codec: number },
  ): Uint8Array | undefined {
    const kernel = this.#kernel;
    kernel.beginFile(codec);
    if (kernel.putRows(runs, this.#at, this.fields.length) === 0) return undefined;
    kernel.endFile(rows, ...this.#head, ...this.#tail);
    return new Uint8Array(kernel.memory.buffer, kernel.fileAt(), kernel.fileLength()).slice();
  }

  /** Statistics of the first 32 columns of the file that was made last, by name. */
  stats(): Readonly<Record<string, ColumnStats>> {
    const reader = new StatsReader(this.#kernel);
    return reader.read(this.fields.slice(0, MAX_STATS_COLUMNS));
  }
}

const known: WeakMap<KernelHolder, FilePlan> = new WeakMap();

function childrenOf(type: DataType): readonly Field[] {
  if (type.kind === "struct") return type.fields;
  return type.kind === "list" ? [{ name: "", type: type.item }] : [];
}

/** Reads what a kernel says of columns, in the order of the plan. */
class StatsReader {
  readonly #memory: ArrayBuffer;
  #at: number;

  constructor({ memory, statsAt }: ParquetKernel) {
    this.#memory = memory.buffer as ArrayBuffer;
    this.#at = statsAt();
  }

  read(fields: readonly Field[]): Record<string, ColumnStats> {
    const stats: Record<string, ColumnStats> = Object.create(null);
    for (const { name, type } of fields) stats[name] = this.#next(type);
    return stats;
  }

  #next(type: DataType): ColumnStats {
    const at = this.#at;
    const [nullCount, hasBounds] = new Uint32Array(this.#memory, at, 2) as unknown as number[];
    this.#at += 4 * STATS_WORDS;
    if (type.kind === "struct") return { nullCount: nullCount!, fields: this.read(type.fields) };
    if (type.kind === "list") this.#next(type.item); // of which there is nothing to say
    if (hasBounds === 0) return { nullCount: nullCount! };
    return {
      nullCount: nullCount!,
      min: this.#value(type, at + 8),
      max: this.#value(type, at + 16),
    };
  }

  #value({ kind }: DataType, at: number): StatValue {
    switch (kind) {
      case "bool":
        return new Uint8Array(this.#memory, at, 1)[0] === 1;
      case "float64":
        return new Float64Array(this.#memory, at, 1)[0]!;
      case "string": {
        const [start, length] = new Uint32Array(this.#memory, at, 2);
        return utf8.decode(new Uint8Array(this.#memory, start, length));
      }
      default: {
        const [value] = new BigInt64Array(this.#memory, at, 1);
        return kind === "timestamp" ? timestampText(value!) : value!;
      }
    }
  }
}
