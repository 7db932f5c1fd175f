import type { State, WindowState } from "../protocol.ts";
import { byId, element, setText } from "./dom.ts";
import * as format from "./format.ts";
import { Picture } from "./picture.ts";
import { theme } from "./theme.ts";

const ROW = 26;
const GAP = 2;
const AXIS = 20;
const MIN_COLUMN = 14;
const EMPTY_ROWS = 4;
/** While events come in, it is drawn no more often than this. */
const DRAW_MS = 400;

/** Rows by window, from left to right, and key. */
export class HeatMap {
  readonly #picture: Picture;
  #windows: readonly WindowState[] = [];
  #keys: readonly string[] = [];
  #rowCount = 0;
  #labels = 0;
  #columnWidth = MIN_COLUMN;
  #shown: readonly WindowState[] = [];
  #signature = "";
  #drawnMs = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#picture = new Picture(canvas, () => this.draw());
    this.#setRows(EMPTY_ROWS);
    canvas.addEventListener("pointermove", (event) => this.#read(event));
    canvas.addEventListener("pointerleave", () => setText(byId("heat-readout"), ""));
    byId("heat-legend").append(
      element("span", {}, ["few"]),
      element("i", { class: "ramp" }),
      element("span", {}, ["many"]),
    );
  }

  show({ windows, keys, keyName, phase }: State): void {
    const now = performance.now();
    if (phase === "running" && now - this.#drawnMs < DRAW_MS) return;
    this.#drawnMs = now;
    const signature = JSON.stringify([keys, windows.map(({ start, rows }) => [start, rows])]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#windows = windows;
    this.#keys = keys;
    setText(byId("heat-key"), keyName ?? "nothing else");
    this.#setRows(keys.length === 0 ? EMPTY_ROWS : keys.length);
    this.#picture.canvas.ariaLabel = this.#summary(keyName);
    this.draw();
  }

  draw(): void {
    const { width } = this.#picture;
    if (width === 0) return;
    const context = this.#picture.begin();
    const colours = theme();
    context.font = `12px ${colours.font}`;
    context.textBaseline = "middle";
    const keys = this.#keys.length > 0 ? this.#keys : Array<string>(EMPTY_ROWS).fill("");
    const texts = keys.map((key) => key === "" && this.#keys.length > 0 ? "all" : key);
    const widest = Math.max(...texts.map((text) => context.measureText(text).width));
    this.#labels = Math.min(width * 0.32, widest > 0 ? widest + 12 : 0);
    const room = width - this.#labels;
    const most = Math.floor(room / MIN_COLUMN);
    this.#shown = this.#windows.slice(-most);
    this.#columnWidth = Math.min(44, room / Math.max(this.#shown.length, Math.min(most, 16)));
    const max = Math.max(1, ...this.#shown.flatMap(({ rowsByKey }) => rowsByKey));
    const from = parse(colours.heat0);
    const to = parse(colours.heat1);
    for (const [row, text] of texts.entries()) {
      const y = row * ROW;
      context.fillStyle = colours.soft;
      context.textAlign = "right";
      context.fillText(fitted(context, text, this.#labels - 10), this.#labels - 9, y + ROW / 2);
      const columns = Math.ceil(room / this.#columnWidth);
      for (let column = 0; column < columns; column++) {
        const rows = this.#shown[column]?.rowsByKey[row] ?? 0;
        const x = this.#labels + column * this.#columnWidth;
        if (x + this.#columnWidth > width + 1) break;
        context.fillStyle = mix(from, to, rows === 0 ? 0 : 0.12 + 0.88 * Math.sqrt(rows / max));
        context.globalAlpha = this.#shown[column] === undefined ? 0.5 : 1;
        context.beginPath();
        context.roundRect(x, y, this.#columnWidth - GAP, ROW - GAP, 3);
        context.fill();
      }
      context.globalAlpha = 1;
    }
    const labelEvery = Math.ceil(48 / this.#columnWidth);
    context.fillStyle = colours.soft;
    context.textAlign = "left";
    context.font = `600 11px ${colours.font}`;
    for (const [column, { start }] of this.#shown.entries()) {
      const x = this.#labels + column * this.#columnWidth;
      if (column % labelEvery !== 0 || x + 32 > width) continue;
      context.fillText(format.timeOfDay(start), x, keys.length * ROW + AXIS / 2 + 2);
    }
  }

  #setRows(rows: number): void {
    if (rows === this.#rowCount) return;
    this.#rowCount = rows;
    this.#picture.canvas.style.height = `${rows * ROW + AXIS}px`;
  }

  #read({ offsetX, offsetY }: PointerEvent): void {
    const window = this.#shown[Math.floor((offsetX - this.#labels) / this.#columnWidth)];
    const row = Math.floor(offsetY / ROW);
    const key = this.#keys[row];
    const text = window === undefined || key === undefined
      ? ""
      : `${format.day(window.start)}, ${format.timeOfDay(window.start)} to ` +
        `${format.timeOfDay(window.end)}${key === "" ? "" : `, ${key}`}: ` +
        `${format.countOf(window.rowsByKey[row] ?? 0, "row")}, ` +
        (window.status === "closed" ? "written" : "held");
    setText(byId("heat-readout"), text);
  }

  #summary(keyName: string | undefined): string {
    if (this.#windows.length === 0) return "Nothing yet";
    const totals = this.#keys.map((key, i) => ({
      key,
      rows: this.#windows.reduce((sum, { rowsByKey }) => sum + (rowsByKey[i] ?? 0), 0),
    })).sort((a, b) => b.rows - a.rows);
    return `Heat map of rows by window and ${keyName ?? "nothing else"}, over the last ` +
      `${format.countOf(this.#windows.length, "window")}: ` +
      totals.map(({ key, rows }) => `${key === "" ? "all" : key} ${format.count(rows)}`).join(", ");
  }
}

type Colour = readonly [number, number, number];

function parse(hex: string): Colour {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function mix(a: Colour, b: Colour, share: number): string {
  const channel = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * share);
  return `rgb(${channel(0)} ${channel(1)} ${channel(2)})`;
}

function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return `${text.slice(0, end)}…`;
}
