import type { Fingerprint } from "../decode/fingerprint.ts";
import type { SourcePosition } from "../window/windowed_partitions.ts";
import type { Action } from "./actions.ts";

/** How far a source was read, and what it looked like: committed with the events. */
export interface SourceState {
  readonly id: string;
  readonly fingerprint: Fingerprint;
  readonly position: SourcePosition;
}

/** What sluice notes in `commitInfo`, under `sluice`, which other Delta clients pass over. */
export interface CommitNote {
  readonly writer: string;
  readonly number: number;
  readonly windows: number;
  readonly rows: number;
  readonly late: number;
  readonly rescued: number;
  /** The file of the dead letters, and how many there are. */
  readonly deadLetters?: { readonly path: string; readonly count: number };
  readonly source?: SourceState;
}

/** The source's state in the actions of a commit. */
export function readSourceState(actions: readonly Action[]): SourceState | undefined {
  for (const action of actions) {
    // JSON has no word for times before all others, and says null.
    if (!("commitInfo" in action)) continue;
    const source = (action.commitInfo["sluice"] as CommitNote | undefined)?.source;
    if (source === undefined) continue;
    const { position } = source;
    return {
      ...source,
      position: {
        ...position,
        closedThrough: position.closedThrough ?? -Infinity,
        resumeFrom: { ...position.resumeFrom, maxTime: position.resumeFrom.maxTime ?? -Infinity },
      },
    };
  }
  return undefined;
}
