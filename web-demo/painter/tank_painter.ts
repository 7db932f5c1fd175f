import * as format from "../page/format.ts";
import type { Theme } from "../page/theme.ts";
import type { WindowState } from "../protocol.ts";

const TOP = 34;
const BOTTOM = 26;
const MIN_PITCH = 30;
const MAX_PITCH = 64;
const GAP = 6;
/** Of a time, below its window. */
const TIME_WIDTH = 32;
/** Frames are drawn no more often than this. */
const FRAME_MS = 33;
/** What is shown before there is anything: how it will look. */
const GHOST_LEVELS = [0.35, 0.5, 0.75, 0.6, 0.9, 0.7, 0.82, 0.55, 0.4, 0.22];

/** What is to be seen. */
export interface TankScene {
  readonly windows: readonly WindowState[];
  /** Milliseconds since the epoch. */
  readonly watermark: number | undefined;
  /** Whether events come in, and whether things may move at all. */
  readonly isLive: boolean;
  readonly mayMove: boolean;
  readonly colours: Theme;
  /** In CSS pixels, and how many of the screen's each has. */
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** Where a tank is drawn. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws the timeline: every window is a tank, which fills while it is open. The watermark is a gate
 * that moves along; what it has passed is a stack of files.
 */
export class TankPainter {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  #scene: TankScene;
  #frame: ReturnType<typeof setTimeout> | undefined;
  /** Levels as they are drawn, by start: they run after the real ones. */
  readonly #levels: Map<number, number> = new Map();
  #gateX: number | undefined;

  constructor(canvas: OffscreenCanvas, scene: TankScene) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d")!;
    this.#scene = scene;
  }

  /** Shows something else from now on. */
  show(scene: TankScene): void {
    this.#scene = scene;
    if (this.#frame === undefined) this.#drawOn();
  }

  #drawOn(): void {
    this.#draw();
    this.#frame = this.#isMoving ? setTimeout(() => this.#drawOn(), FRAME_MS) : undefined;
  }

  get #isMoving(): boolean {
    return this.#scene.isLive && this.#scene.mayMove;
  }

  /** An empty canvas, in CSS pixels. */
  #begin(): OffscreenCanvasRenderingContext2D {
    const { width, height, scale } = this.#scene;
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (this.#canvas.width !== size.width || this.#canvas.height !== size.height) {
      Object.assign(this.#canvas, size);
    }
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#context.clearRect(0, 0, width, height);
    return this.#context;
  }

  #draw(): void {
    const { width, height, windows, colours } = this.#scene;
    if (width === 0) return;
    const context = this.#begin();
    context.font = `600 11px ${colours.font}`;
    if (windows.length === 0) return drawGhosts(context, { width, height, colours });

    const most = Math.floor((width + GAP) / MIN_PITCH);
    const shown = windows.slice(-most);
    const pitch = Math.min(MAX_PITCH, (width + GAP) / Math.max(shown.length, Math.min(most, 12)));
    const max = Math.max(...shown.map(({ rows }) => rows), 1);
    const tankHeight = height - TOP - BOTTOM;
    const labelEvery = Math.ceil(46 / pitch);
    const boxOf = (i: number): Box => ({
      x: i * pitch,
      y: TOP,
      width: pitch - GAP,
      height: tankHeight,
    });
    for (const [i, window] of shown.entries()) {
      const box = boxOf(i);
      const level = this.#levelOf(window, max);
      if (window.status === "open") {
        drawWater(context, { box, level, colours, isMoving: this.#isMoving });
      } else drawFiles(context, { box, level, colours, window });
      drawLabels(context, {
        box,
        level,
        colours,
        window,
        hasTime: i % labelEvery === 0 && box.x + TIME_WIDTH <= width,
      });
    }
    drawFuture(context, { from: shown.length, boxOf, width, colours });
    this.#forgetLevels(shown);
    this.#drawGate(context, shown, { boxOf, colours, width, height });
  }

  /** A step nearer to the real level. */
  #levelOf({ start, rows }: WindowState, max: number): number {
    const target = rows / max;
    const before = this.#levels.get(start) ?? 0;
    const level = this.#isMoving ? before + (target - before) * 0.25 : target;
    this.#levels.set(start, level);
    return level;
  }

  #forgetLevels(shown: readonly WindowState[]): void {
    if (this.#levels.size < shown.length * 2) return;
    const starts = new Set(shown.map(({ start }) => start));
    for (const start of this.#levels.keys()) if (!starts.has(start)) this.#levels.delete(start);
  }

  #drawGate(
    context: OffscreenCanvasRenderingContext2D,
    shown: readonly WindowState[],
    { boxOf, colours, width, height }: {
      readonly boxOf: (i: number) => Box;
      readonly colours: Theme;
      readonly width: number;
      readonly height: number;
    },
  ): void {
    const { watermark } = this.#scene;
    if (watermark === undefined) return;
    const i = shown.findIndex(({ end }) => watermark < end);
    const box = boxOf(i === -1 ? shown.length : i);
    const window = shown[i];
    const share = window === undefined
      ? 0
      : Math.max(0, (watermark - window.start) / (window.end - window.start));
    // At a border the gate stands between the tanks.
    const x = Math.min(width - 2, Math.max(2, box.x - GAP / 2 + share * (box.width + GAP)));
    const isNear = this.#gateX !== undefined && Math.abs(x - this.#gateX) < width / 3;
    this.#gateX = isNear && this.#isMoving ? this.#gateX! + (x - this.#gateX!) * 0.3 : x;
    const gate = this.#gateX;
    context.fillStyle = colours.gate;
    context.fillRect(gate - 1.5, 20, 3, height - 20 - BOTTOM + 6);
    const text = `watermark ${format.timeOfDay(watermark)}`;
    const textWidth = context.measureText(text).width + 16;
    const left = Math.min(width - textWidth, Math.max(0, gate - textWidth / 2));
    roundedRect(context, { x: left, y: 0, width: textWidth, height: 20 }, 10);
    context.fill();
    context.fillStyle = colours.panel;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, left + textWidth / 2, 10.5);
  }
}

function drawWater(
  context: OffscreenCanvasRenderingContext2D,
  { box, level, colours, isMoving }: {
    readonly box: Box;
    readonly level: number;
    readonly colours: Theme;
    readonly isMoving: boolean;
  },
): void {
  const { x, y, width, height } = box;
  context.save();
  roundedRect(context, box, 5);
  context.fillStyle = colours.sunk;
  context.fill();
  context.clip();
  const surface = y + height - Math.max(level * (height - 18), level > 0 ? 3 : 0);
  const phase = isMoving ? performance.now() / 420 : 0;
  context.beginPath();
  context.moveTo(x, y + height);
  for (let step = 0; step <= 8; step++) {
    const at = x + width * step / 8;
    context.lineTo(at, surface + Math.sin(phase + at / 9) * 1.8);
  }
  context.lineTo(x + width, y + height);
  context.closePath();
  const fill = context.createLinearGradient(0, surface, 0, y + height);
  fill.addColorStop(0, colours.water);
  fill.addColorStop(1, colours.waterPale);
  context.fillStyle = fill;
  context.fill();
  context.restore();
  roundedRect(context, { x: x + 0.75, y: y + 0.75, width: width - 1.5, height: height - 1.5 }, 5);
  context.strokeStyle = colours.water;
  context.lineWidth = 1.5;
  context.stroke();
}

/** A stack, one block a file, as high as there are rows. */
function drawFiles(
  context: OffscreenCanvasRenderingContext2D,
  { box, level, colours, window }: {
    readonly box: Box;
    readonly level: number;
    readonly colours: Theme;
    readonly window: WindowState;
  },
): void {
  const { x, y, width, height } = box;
  const full = Math.max(level * (height - 18), 4);
  const isWritten = window.status === "closed";
  const most = Math.max(1, Math.floor(full / 7));
  const blocks = Math.max(1, Math.min(window.files, most));
  const blockHeight = full / blocks;
  for (let i = 0; i < blocks; i++) {
    const top = y + height - (i + 1) * blockHeight;
    const block = { x, y: top, width, height: Math.max(1.5, blockHeight - 2) };
    roundedRect(context, block, 2.5);
    context.fillStyle = isWritten ? colours.waterDeep : colours.water;
    context.globalAlpha = isWritten ? 1 : 0.55;
    context.fill();
  }
  context.globalAlpha = 1;
}

function drawLabels(
  context: OffscreenCanvasRenderingContext2D,
  { box, level, colours, window, hasTime }: {
    readonly box: Box;
    readonly level: number;
    readonly colours: Theme;
    readonly window: WindowState;
    readonly hasTime: boolean;
  },
): void {
  const { x, y, width, height } = box;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  const isShort = context.measureText(format.count(window.rows)).width > width + GAP - 4;
  const text = isShort ? format.shortCount(window.rows) : format.count(window.rows);
  if (context.measureText(text).width <= width + GAP - 1) {
    context.fillStyle = window.status === "open" ? colours.ink : colours.soft;
    context.fillText(text, x + width / 2, y + height - Math.max(level * (height - 18), 4) - 5);
  }
  context.fillStyle = colours.line;
  context.fillRect(x, y + height + 2, width, 1);
  if (!hasTime) return;
  context.fillStyle = colours.soft;
  context.textAlign = "left";
  context.fillText(format.timeOfDay(window.start), x, y + height + 18);
}

/** The windows that are yet to come. */
function drawFuture(
  context: OffscreenCanvasRenderingContext2D,
  { from, boxOf, width, colours }: {
    readonly from: number;
    readonly boxOf: (i: number) => Box;
    readonly width: number;
    readonly colours: Theme;
  },
): void {
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  for (let i = from, box = boxOf(i); box.x + box.width <= width + 1; box = boxOf(++i)) {
    roundedRect(context, { ...box, x: box.x + 0.5, y: box.y + 0.5, width: box.width - 1 }, 5);
    context.stroke();
  }
}

function drawGhosts(
  context: OffscreenCanvasRenderingContext2D,
  { width, height, colours }: {
    readonly width: number;
    readonly height: number;
    readonly colours: Theme;
  },
): void {
  const count = Math.max(5, Math.min(18, Math.floor(width / 58)));
  const pitch = (width + GAP) / count;
  const gateAt = Math.floor(count * 0.62);
  context.globalAlpha = 0.28;
  for (let i = 0; i < count; i++) {
    const box = { x: i * pitch, y: TOP, width: pitch - GAP, height: height - TOP - BOTTOM };
    const level = GHOST_LEVELS[i % GHOST_LEVELS.length]! *
      (i < gateAt ? 1 : (count - i) / count * 2);
    if (i < gateAt) {
      const full = level * (box.height - 18);
      for (let block = 0; block < 4; block++) {
        const y = box.y + box.height - (block + 1) * full / 4;
        roundedRect(context, { ...box, y, height: full / 4 - 2 }, 2.5);
        context.fillStyle = colours.lineStrong;
        context.fill();
      }
    } else {
      roundedRect(context, box, 5);
      context.strokeStyle = colours.lineStrong;
      context.lineWidth = 1.5;
      context.stroke();
      roundedRect(
        context,
        {
          x: box.x + 2,
          y: box.y + box.height * (1 - level) + 2,
          width: box.width - 4,
          height: Math.max(0, box.height * level - 4),
        },
        4,
      );
      context.fillStyle = colours.line;
      context.fill();
    }
  }
  context.fillStyle = colours.gate;
  context.fillRect(gateAt * pitch - GAP / 2 - 1.5, 20, 3, height - 20 - BOTTOM + 6);
  context.globalAlpha = 1;
}

function roundedRect(context: OffscreenCanvasRenderingContext2D, box: Box, radius: number): void {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, Math.max(0, box.height), radius);
}
