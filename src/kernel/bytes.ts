// Runs of bytes, sixteen at a time. All of them may be read PADDING bytes past their end.

/** Copies, and may write PADDING bytes past the end. */
// @ts-ignore: decorator
@inline
export function copyPadded(target: usize, source: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 16) {
    v128.store(target + at, v128.load(source + at));
  }
}
