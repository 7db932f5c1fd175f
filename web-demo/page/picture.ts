/** A canvas that is as sharp as the screen, and drawn anew when its size changes. */
export class Picture {
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  width = 0;
  height = 0;

  constructor(canvas: HTMLCanvasElement, draw: () => void) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d")!;
    new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      if (width === this.width && height === this.height) return;
      this.width = width;
      this.height = height;
      draw();
    }).observe(canvas);
  }

  /** An empty canvas, in CSS pixels. */
  begin(): CanvasRenderingContext2D {
    const scale = devicePixelRatio;
    const width = Math.round(this.width * scale);
    const height = Math.round(this.height * scale);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#context.clearRect(0, 0, this.width, this.height);
    return this.#context;
  }
}
