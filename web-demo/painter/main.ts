/** A worker that draws the timeline, so that the page need not. */

import { TankPainter, type TankScene } from "./tank_painter.ts";

/** What the page says: the canvas comes with the first scene. */
export interface PainterMessage {
  readonly scene: TankScene;
  readonly canvas?: OffscreenCanvas;
}

let painter: TankPainter | undefined;
self.onmessage = ({ data: { canvas, scene } }: MessageEvent<PainterMessage>) => {
  if (canvas !== undefined) painter = new TankPainter(canvas, scene);
  painter?.show(scene);
};
