import { messageOf } from "../errors.ts";
import { codeOf } from "../stores/fs_files.ts";

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

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  ENOTDIR: "a part of the path is a file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
};

/** What a system error says, without the system call and the path. */
export function reasonOf(error: unknown): string {
  // Connections that were tried at several addresses fail with a code and no message.
  return REASONS[codeOf(error)] ?? (messageOf(error) || codeOf(error));
}
