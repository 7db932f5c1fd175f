// What tests that are TypeScript use of browsers.mjs.

/** The path of a browser's executable. */
export function findBrowser(name: string): string;
