import type { AddFile, PartitionValues } from "../commit_log/actions.ts";
import { parseStats } from "../commit_log/stats.ts";
import type { Snapshot } from "../commit_log/table_state.ts";
import { comparePlaces, directoryOf, type FilePlace, filePlace } from "./file_place.ts";

/** A file that may be merged. */
export interface PlacedFile {
  readonly file: AddFile;
  readonly place: FilePlace;
  readonly rows: number;
}

/** How files are put together. */
export interface GroupLimits {
  /** A merged file is about as large as this at most. */
  readonly targetBytes: number;
  /** A merged file has this many rows at most. */
  readonly maxRows: number;
  /** Fewer than this are left as they are. */
  readonly minFiles: number;
}

/**
 * The files of each partition, in the order of their windows. Those that other engines wrote, or
 * that have no row count in the log, are left out.
 *
 * @param partition Only the partitions with these values.
 */
export function placeFiles(snapshot: Snapshot, partition: PartitionValues): PlacedFile[][] {
  const { partitionColumns } = snapshot.metaData;
  const wanted = Object.entries(partition);
  const byPartition = new Map<string, PlacedFile[]>();
  for (const file of snapshot.files.values()) {
    const { path, partitionValues, stats } = file;
    if (wanted.some(([name, value]) => partitionValues[name] !== value)) continue;
    const place = filePlace(path);
    const rows = stats === undefined ? undefined : parseStats(stats).numRecords;
    if (place === undefined || rows === undefined || !Number.isSafeInteger(rows)) continue;
    const values = partitionColumns.map((name) => partitionValues[name]);
    const key = JSON.stringify([directoryOf(path), values]);
    const placed = { file, place, rows };
    const files = byPartition.get(key);
    if (files === undefined) byPartition.set(key, [placed]);
    else files.push(placed);
  }
  const partitions = [...byPartition.values()];
  for (const files of partitions) files.sort((a, b) => comparePlaces(a.place, b.place));
  return partitions;
}

/**
 * Which files are to become one: those next to each other, as long as they are within the limits
 * together.
 */
export function groupFiles(
  partitions: readonly (readonly PlacedFile[])[],
  { targetBytes, maxRows, minFiles }: GroupLimits,
): PlacedFile[][] {
  const groups: PlacedFile[][] = [];
  for (const files of partitions) {
    let group: PlacedFile[] = [];
    let bytes = 0;
    let rows = 0;
    for (const placed of files) {
      bytes += placed.file.size;
      rows += placed.rows;
      if (bytes > targetBytes || rows > maxRows) {
        groups.push(group);
        group = [];
        bytes = placed.file.size;
        rows = placed.rows;
      }
      group.push(placed);
    }
    groups.push(group);
  }
  return groups.filter((group) => group.length >= minFiles);
}
