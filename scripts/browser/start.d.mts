// What tests that are TypeScript use of start.mjs.

/** A browser's processes. */
export interface BrowserProcess {
  kill(): Promise<void>;
  lineOf(pattern: RegExp): Promise<string>;
}

/** A directory for a profile. */
export function makeProfile(name: string): string;

/** Removes a profile, whose browser has ended. */
export function removeProfile(profile: string): void;

/** Starts a browser that opens a page. */
export function startBrowser(
  name: string,
  url: string,
  options: { readonly profile: string; readonly quotaBytes?: number },
): Promise<BrowserProcess>;
