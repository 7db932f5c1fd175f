import { createStore, del, get, set } from "idb-keyval";
import type { Source, TableSettings } from "../protocol.ts";

/** What is noted of a table and its last run, for the page that is opened next. */
export interface RunRecord {
  readonly settings: TableSettings;
  readonly source: Source["kind"];
  /** What the source is called: of a file, its name. */
  readonly name: string;
  readonly hasTrouble: boolean;
  /** Number of the run on this table, from 1: each simulates other visitors. */
  readonly run: number;
  /** Where simulated time begins, in milliseconds since the epoch. */
  readonly startMs: number;
  /** Whether it came to its end. */
  readonly isOver: boolean;
}

const KEY = "run";
const store = createStore("sluice-demo", "notes");

/** The note, if there is a table. */
export function readRecord(): Promise<RunRecord | undefined> {
  return get<RunRecord>(KEY, store);
}

/** Notes a run. */
export function writeRecord(record: RunRecord): Promise<void> {
  return set(KEY, record, store);
}

/** Forgets the table. */
export function deleteRecord(): Promise<void> {
  return del(KEY, store);
}
