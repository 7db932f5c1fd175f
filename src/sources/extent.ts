/** How much of an input was read, in bytes as they are stored: of gzip, the compressed ones. */
export interface Extent {
  position: number;
  /** Where the end is; `undefined` when that is not known. */
  size: number | undefined;
}
