import { parsePartKey, type Store } from "sluice";
import type { TableFile } from "../protocol.ts";

/** What is looked at of a commit's lines ("Actions" in the Delta protocol). */
interface Line {
  readonly add?: {
    readonly path: string;
    readonly size: number;
    readonly partitionValues: Readonly<Record<string, string | null>>;
    readonly stats?: string;
  };
  readonly commitInfo?: {
    readonly sluice?: {
      readonly number: number;
      readonly late: number;
      readonly rescued: number;
      readonly deadLetters?: { readonly path: string; readonly count: number };
      readonly source?: { readonly position: { readonly closedThrough: number | null } };
    };
  };
}

/** Rows and files of a window that are in the table. */
export interface CommittedWindow {
  readonly end: number;
  rows: number;
  files: number;
  readonly rowsByKey: Map<string, number>;
}

/**
 * Follows a table by its log, commit by commit: in the tab that writes it and in those that look
 * on.
 */
export class TableWatch {
  readonly #store: Store;
  readonly #keyField: string | undefined;
  #version = -1;
  #updating: Promise<TableFile[]> | undefined;
  /** By start, in milliseconds since the epoch. */
  readonly windows: Map<number, CommittedWindow> = new Map();
  readonly deadLetterPaths: string[] = [];
  rows: number = 0;
  files: number = 0;
  bytes: number = 0;
  late: number = 0;
  rescued: number = 0;
  deadLettered: number = 0;
  /** Number of the writer's last commit. */
  commitNumber: number = -1;
  /** Windows that end by this time are closed. */
  closedThrough: number = -Infinity;

  /** Counts rows of windows by the values of a field the table is partitioned by. */
  constructor(store: Store, keyField: string | undefined) {
    this.#store = store;
    this.#keyField = keyField;
  }

  /** Reads the commits that are new, and returns their files. */
  update(): Promise<TableFile[]> {
    this.#updating ??= this.#update().finally(() => this.#updating = undefined);
    return this.#updating;
  }

  async #update(): Promise<TableFile[]> {
    const files: TableFile[] = [];
    while (true) {
      const name = String(this.#version + 1).padStart(20, "0");
      const bytes = await this.#store.get(`_delta_log/${name}.json`);
      if (bytes === undefined) return files;
      this.#version++;
      for (const line of new TextDecoder().decode(bytes).split("\n")) {
        if (line !== "") this.#apply(JSON.parse(line) as Line, files);
      }
    }
  }

  #apply({ add, commitInfo }: Line, files: TableFile[]): void {
    const note = commitInfo?.sluice;
    if (note !== undefined) {
      this.late += note.late ?? 0;
      this.rescued += note.rescued ?? 0;
      this.commitNumber = Math.max(this.commitNumber, note.number ?? -1);
      this.closedThrough = Math.max(
        this.closedThrough,
        note.source?.position.closedThrough ?? -Infinity,
      );
      if (note.deadLetters !== undefined) {
        this.deadLettered += note.deadLetters.count;
        this.deadLetterPaths.push(note.deadLetters.path);
      }
    }
    if (add === undefined) return;
    // Paths are URIs in the log.
    const path = decodeURIComponent(add.path);
    const { numRecords } = JSON.parse(add.stats ?? "{}") as { numRecords?: number };
    const rows = numRecords ?? 0;
    files.push({ path, rows, bytes: add.size });
    this.rows += rows;
    this.files++;
    this.bytes += add.size;
    const window = parsePartKey(path)?.window;
    if (window === undefined) return;
    let known = this.windows.get(window.start);
    if (known === undefined) {
      known = { end: window.end, rows: 0, files: 0, rowsByKey: new Map() };
      this.windows.set(window.start, known);
    }
    known.rows += rows;
    known.files++;
    const key = this.#keyField === undefined ? "" : add.partitionValues[this.#keyField] ?? "(none)";
    known.rowsByKey.set(key, (known.rowsByKey.get(key) ?? 0) + rows);
  }
}
