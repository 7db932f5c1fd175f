/** The next multiple of eight bytes: where any array may begin. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
