/** The version of the package, which `package.json` says too. */
export const VERSION = "0.1.0";
