import type { PainterMessage } from "../painter/main.ts";
import type { TankScene } from "../painter/tank_painter.ts";
import type { State, WindowState } from "../protocol.ts";
import * as format from "./format.ts";
import { mayMove, onThemeChange, theme } from "./theme.ts";

/** The timeline of windows. A worker of its own draws it, many times a second. */
export class Tanks {
  readonly #canvas: HTMLCanvasElement;
  readonly #painter: Worker;
  #scene: TankScene;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#painter = new Worker(new URL("painter.js", import.meta.url), { type: "module" });
    this.#scene = {
      windows: [],
      watermark: undefined,
      isLive: false,
      mayMove: mayMove(),
      colours: theme(),
      width: canvas.clientWidth,
      height: canvas.clientHeight,
      scale: devicePixelRatio,
    };
    const offscreen = canvas.transferControlToOffscreen();
    const message: PainterMessage = { canvas: offscreen, scene: this.#scene };
    this.#painter.postMessage(message, [offscreen]);
    new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      this.#change({ width, height, scale: devicePixelRatio });
    }).observe(canvas);
    onThemeChange(() => this.#change({ colours: theme() }));
  }

  show({ windows, watermark, phase }: State): void {
    this.#canvas.ariaLabel = summaryOf(windows, watermark);
    const isLive = phase === "running" || phase === "finishing" || phase === "following";
    this.#change({ windows, watermark, isLive, mayMove: mayMove() });
  }

  #change(change: Partial<TankScene>): void {
    this.#scene = { ...this.#scene, ...change };
    this.#painter.postMessage({ scene: this.#scene } satisfies PainterMessage);
  }
}

function summaryOf(windows: readonly WindowState[], watermark: number | undefined): string {
  if (windows.length === 0) return "No windows yet";
  const open = windows.filter(({ status }) => status === "open");
  const held = open.reduce((sum, { rows }) => sum + rows, 0);
  const gate = watermark === undefined
    ? ""
    : ` The watermark is at ${format.timeOfDay(watermark)}.`;
  return `Timeline of the last ${format.countOf(windows.length, "window")}: ` +
    `${open.length} open, holding ${format.countOf(held, "row")}; the others are written.${gate}`;
}
