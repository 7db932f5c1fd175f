import type { AddFile, PartitionValues } from "../commit_log/actions.ts";
import { parseStats } from "../commit_log/stats.ts";
import type { Snapshot } from "../commit_log/table_state.ts";
import { comparePlaces, directoryOf, type FilePlace, filePlace } from "./file_place.ts";

/** A file that may be merged. */
export interface SmallFile {
  readonly file: AddFile;
  readonly place: FilePlace;
  readonly rows: number;
}

/** How files are put together. */
export interface PlanOptions {
  /** A merged file is about as large as this at most. */
  readonly targetBytes: number;
  /** A merged file has this many rows at most. */
  readonly maxRows: number;
  /** Fewer than this are left as they are. */
  readonly minFiles: number;
  /** Only the partitions with these values. */
  readonly partition: PartitionValues;
}

/**
 * Which files are to become one: those next to each other, by window, in a partition's directory, as
 * long as they are within the limits together. Files that other engines wrote, or that have no row
 * count in the log, are left alone.
 */
export function planCompaction(snapshot: Snapshot, options: PlanOptions): SmallFile[][] {
  const groups: SmallFile[][] = [];
  for (const files of smallFiles(snapshot, options).values()) {
    let group: SmallFile[] = [];
    let bytes = 0;
    let rows = 0;
    for (const small of files) {
      bytes += small.file.size;
      rows += small.rows;
      if (bytes > options.targetBytes || rows > options.maxRows) {
        groups.push(group);
        group = [];
        bytes = small.file.size;
        rows = small.rows;
      }
      group.push(small);
    }
    groups.push(group);
  }
  return groups.filter((group) => group.length >= options.minFiles);
}

/** The files of each directory and partition, in order. */
function smallFiles(snapshot: Snapshot, options: PlanOptions): Map<string, SmallFile[]> {
  const { partitionColumns } = snapshot.metaData;
  const byPartition = new Map<string, SmallFile[]>();
  for (const file of snapshot.files.values()) {
    const place = filePlace(file.path);
    const rows = file.stats === undefined ? undefined : parseStats(file.stats).numRecords;
    if (place === undefined || !Number.isSafeInteger(rows)) continue;
    if (!isIn(file.partitionValues, options.partition)) continue;
    const values = partitionColumns.map((name) => file.partitionValues[name]);
    const key = JSON.stringify([directoryOf(file.path), values]);
    const files = byPartition.get(key);
    const small = { file, place, rows: rows! };
    if (files === undefined) byPartition.set(key, [small]);
    else files.push(small);
  }
  for (const files of byPartition.values()) files.sort((a, b) => comparePlaces(a.place, b.place));
  return byPartition;
}

function isIn(values: PartitionValues, wanted: PartitionValues): boolean {
  return Object.entries(wanted).every(([name, value]) => values[name] === value);
}
