import { messageOf } from "../errors.ts";
import { reasonOf } from "../stores/fs_files.ts";

/** An error and its causes in one line; of causes only what is not said already. */
export function errorText(error: unknown): string {
  let text = messageOf(error);
  for (let at = error; at instanceof Error && at.cause !== undefined; at = at.cause) {
    const reason = reasonOf(at.cause);
    const isSaid = text.includes(reason) || text.includes(messageOf(at.cause) || reason);
    if (!isSaid) text += `: ${reason}`;
  }
  return text;
}
