import type { Protocol } from "./actions.ts";
import { UnsupportedTableError } from "./errors.ts";

/**
 * What tables are created with: nothing a reader of the first version would misread. Writer version
 * 2 asks of a writer that it respects `delta.appendOnly` and column invariants.
 */
export const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** @throws {UnsupportedTableError} If the table cannot be read with this protocol. */
export function assertReadable(protocol: Protocol): void {
  const { minReaderVersion, readerFeatures } = protocol;
  if (minReaderVersion > PROTOCOL.minReaderVersion) {
    throw new UnsupportedTableError(
      `Cannot read the table: it asks for Delta reader version ${minReaderVersion}${
        listed(readerFeatures)
      }, and sluice reads up to version ${PROTOCOL.minReaderVersion}`,
    );
  }
}

/** @throws {UnsupportedTableError} If the table cannot be written with this protocol. */
export function assertWritable(protocol: Protocol): void {
  const { minWriterVersion, writerFeatures } = protocol;
  if (minWriterVersion > PROTOCOL.minWriterVersion) {
    throw new UnsupportedTableError(
      `Cannot write to the table: it asks for Delta writer version ${minWriterVersion}${
        listed(writerFeatures)
      }, and sluice writes up to version ${PROTOCOL.minWriterVersion}`,
    );
  }
}

function listed(features: readonly string[] | undefined): string {
  return features === undefined || features.length === 0
    ? ""
    : ` with the features ${features.join(", ")}`;
}
