/** What this browser remembers of the last Worker. */
export interface Remembered {
  readonly address: string;
  /** Whether it was given a token, which is not remembered. */
  readonly hadToken: boolean;
}

const KEY = "sluice-collect";

/** What is remembered; nothing where a site may store nothing. */
export function recall(): Remembered | undefined {
  try {
    const text = localStorage.getItem(KEY);
    return text === null ? undefined : JSON.parse(text) as Remembered;
  } catch {
    return undefined;
  }
}

/** Remembers a Worker, if that is allowed. */
export function remember(worker: Remembered): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(worker));
  } catch {
    // It has to be entered again.
  }
}
