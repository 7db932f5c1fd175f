const counts = new Intl.NumberFormat("en");
const shortCounts = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `12,345` */
export function count(value: number): string {
  return counts.format(Math.round(value));
}

/** `12.3K` */
export function shortCount(value: number): string {
  return shortCounts.format(value);
}

/** `1 file`, `2 files` */
export function countOf(value: number, singular: string): string {
  return `${count(value)} ${singular}${value === 1 ? "" : "s"}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `12.3 MB` */
export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 || rest >= 99.95 ? Math.round(rest) : rest.toFixed(1)} ${UNITS[unit]}`;
}

/** `3 s`, `1 min 20 s` */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `08:15`, of event time, which is UTC. */
export function timeOfDay(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

/** `2 June` */
export function day(ms: number): string {
  return new Date(ms).toLocaleDateString("en", { day: "numeric", month: "short", timeZone: "UTC" });
}
