import { nullVector } from "./concat.ts";
import { gather } from "./gather.ts";
import { type KernelHolder, KernelRows } from "./kernel_rows.ts";
import { countRows, type RowRun } from "./held_rows.ts";
import { kindOfType } from "./kind_of_type.ts";
import type { DataType, Field } from "./schema.ts";
import type { RowKernel } from "./row_kernel.ts";
import { type GatheredTable, withoutRescued } from "./table.ts";
import { RESCUED_DATA } from "./table_schema.ts";
import type { Vector } from "./vector.ts";

/**
 * Gathers rows as `gatherTable` does, in the memory of the kernel that holds them: the vectors are
 * valid until it gathers the next table. `undefined` where no one kernel holds them all.
 *
 * @param schema Columns that hold every value of the rows.
 */
export function gatherInKernel(
  runs: readonly RowRun[],
  schema: readonly Field[],
): GatheredTable | undefined {
  const holder = kernelHolderOf(runs);
  const fields = withoutRescued(schema);
  if (holder === undefined || fields.length === 0) return undefined;
  const { kernel } = holder;
  const rows = countRows(runs);
  const place = putRuns(holder, runs, rows);
  const vectors = fields.map(({ name, type }): Vector =>
    vectorOf(holder, kernel.fieldRuns(place, holder.fieldId(name)), type) ??
      gather(
        runs.map(({ held, start, end }) => ({ column: held.column(name), start, end })),
        type,
        () => {
          throw new Error(`Cannot gather column "${name}": a value does not fit`);
        },
      )
  );
  if (fields.length === schema.length) return { rows, fields, vectors, rescued: 0, kernel };
  const rescued = { name: RESCUED_DATA, type: { kind: "json" } } as const;
  return {
    rows,
    fields: [...fields, rescued],
    vectors: [...vectors, nullVector(rescued.type, rows)],
    rescued: 0,
    kernel,
  };
}

/** The holder of the one kernel that holds all rows, if there is one. */
export function kernelHolderOf(runs: readonly RowRun[]): KernelHolder | undefined {
  const [first] = runs;
  if (!(first?.held instanceof KernelRows)) return undefined;
  const { holder } = first.held;
  const isSame = runs.every(({ held }) => held instanceof KernelRows && held.holder === holder);
  return isSame ? holder : undefined;
}

/** Begins to gather rows that a kernel holds; says where it has their runs, in place of those before. */
export function putRuns({ kernel }: KernelHolder, runs: readonly RowRun[], rows: number): number {
  kernel.clearGathered();
  const place = kernel.addRuns(runs.length, rows);
  const [first] = new Uint32Array(kernel.memory.buffer, place, 1); // see `Runs` in kernel/gather.ts
  const words = new Uint32Array(kernel.memory.buffer, first, 3 * runs.length);
  let at = 0;
  for (const { held, start, end } of runs) {
    words[at++] = (held as KernelRows).at;
    words[at++] = start;
    words[at++] = end;
  }
  return place;
}

/** `undefined` for what is not for the kernel. */
function vectorOf(holder: KernelHolder, runs: number, type: DataType): Vector | undefined {
  if (type.kind === "json") return undefined;
  const { kernel } = holder;
  const at = kernel.gather(runs, kindOfType(type));
  if (at === 0) return undefined;
  const children: Vector[] = [];
  for (const [childType, childRuns] of childrenOf(holder, runs, type)) {
    const child = vectorOf(holder, childRuns, childType);
    if (child === undefined) return undefined;
    children.push(child);
  }
  return new KernelVector(kernel, at, { type, children });
}

function* childrenOf(
  holder: KernelHolder,
  runs: number,
  type: DataType,
): Iterable<readonly [type: DataType, runs: number]> {
  const { kernel } = holder;
  if (type.kind === "list") yield [type.item, kernel.itemRuns(runs)];
  if (type.kind !== "struct") return;
  for (const field of type.fields) {
    yield [field.type, kernel.fieldRuns(runs, holder.fieldId(field.name))];
  }
}

/** A vector whose arrays are in the memory of a kernel: see `Vector` in kernel/gather.ts. */
class KernelVector implements Vector {
  readonly type: DataType;
  readonly length: number;
  readonly nullCount: number;
  readonly children?: readonly Vector[];
  readonly #kernel: RowKernel;
  readonly #validity: number;
  readonly #values: number;
  readonly #codes: number;
  readonly #offsets: number;
  readonly #distinct: number;

  constructor(
    kernel: RowKernel,
    at: number,
    { type, children }: { readonly type: DataType; readonly children: readonly Vector[] },
  ) {
    const words = new Uint32Array(kernel.memory.buffer, at, 7);
    this.type = type;
    this.length = words[0]!;
    this.nullCount = words[1]!;
    if (children.length > 0) this.children = children;
    this.#kernel = kernel;
    this.#validity = words[2]!;
    this.#values = words[3]!;
    this.#codes = words[4]!;
    this.#offsets = words[5]!;
    this.#distinct = words[6]!;
  }

  // The memory gets a new buffer when it grows, so views are made when they are asked for.

  get validity(): Uint8Array | undefined {
    return this.#validity === 0 ? undefined : this.#bytes(this.#validity, this.#bitmapBytes);
  }

  get bits(): Uint8Array | undefined {
    return this.type.kind === "bool" ? this.#bytes(this.#values, this.#bitmapBytes) : undefined;
  }

  get ints(): BigInt64Array | undefined {
    const { kind } = this.type;
    if (kind !== "int64" && kind !== "timestamp") return undefined;
    return new BigInt64Array(this.#memory, this.#values, this.length);
  }

  get floats(): Float64Array | undefined {
    if (this.type.kind !== "float64") return undefined;
    return new Float64Array(this.#memory, this.#values, this.length);
  }

  get offsets(): Int32Array | undefined {
    if (this.#offsets === 0) return undefined;
    const strings = this.#codes === 0 ? this.length : this.#distinct;
    return new Int32Array(this.#memory, this.#offsets, strings + 1);
  }

  get bytes(): Uint8Array | undefined {
    const { offsets } = this;
    if (this.#codes === 0 || offsets === undefined) return undefined;
    return this.#bytes(this.#values, offsets[this.#distinct]!);
  }

  get codes(): Uint32Array | undefined {
    return this.#codes === 0 ? undefined : new Uint32Array(this.#memory, this.#codes, this.length);
  }

  get #memory(): ArrayBuffer {
    return this.#kernel.memory.buffer as ArrayBuffer;
  }

  get #bitmapBytes(): number {
    return Math.ceil(this.length / 8);
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory, at, length);
  }
}
