const MS_PER_DAY = 86_400_000;

const TWO_DIGITS: readonly string[] = Array.from(
  { length: 60 },
  (_, number) => String(number).padStart(2, "0"),
);

/**
 * Writes epoch milliseconds as `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, for the years 0 to 9999. It
 * remembers the last day's date: times that follow each other mostly share it.
 */
export class TimestampFormat {
  #day = NaN;
  #date = "";

  format(ms: number): string {
    const day = Math.floor(ms / MS_PER_DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
    }
    const msOfDay = ms - day * MS_PER_DAY;
    const seconds = Math.floor(msOfDay / 1000);
    const minutes = Math.floor(seconds / 60);
    const hh = TWO_DIGITS[Math.floor(minutes / 60)]!;
    const mm = TWO_DIGITS[minutes % 60]!;
    const ss = TWO_DIGITS[seconds % 60]!;
    return `${this.#date} ${hh}:${mm}:${ss}.${String(1000 + msOfDay % 1000).slice(1)}000`;
  }
}
