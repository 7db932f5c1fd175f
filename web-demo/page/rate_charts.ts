import uPlot from "uplot";
import type { Rates } from "../protocol.ts";
import { byId, setText } from "./dom.ts";
import * as format from "./format.ts";
import { onThemeChange, theme } from "./theme.ts";

/** How much time the charts show, in seconds: as much as there is, within these bounds. */
const LEAST_SPAN = 20;
const MOST_SPAN = 120;
const HEIGHT = 150;

/** The lines of a chart, and how their values are written. */
interface ChartPlan {
  readonly id: string;
  readonly valuesOf: (rates: Rates) => readonly (readonly number[])[];
  readonly text: (value: number) => string;
  /** What the axis reaches to at least. */
  readonly least: number;
}

const PLANS: readonly ChartPlan[] = [
  {
    id: "events-chart",
    valuesOf: ({ eventsPerSecond }) => [eventsPerSecond],
    text: format.shortCount,
    least: 100,
  },
  {
    id: "bytes-chart",
    valuesOf: ({ bytesReadPerSecond, bytesWrittenPerSecond }) => [
      bytesReadPerSecond,
      bytesWrittenPerSecond,
    ],
    text: format.bytes,
    least: 100_000,
  },
];

/** Events and bytes over the last two minutes. */
export class RateCharts {
  #charts: uPlot[] = [];
  #rates: Rates | undefined;
  #lastTime: number | undefined;

  constructor() {
    this.#make();
    onThemeChange(() => this.#make());
    new ResizeObserver(() => {
      for (const [i, { id }] of PLANS.entries()) {
        const width = byId(id).clientWidth;
        if (width > 0 && width !== this.#charts[i]!.width) {
          this.#charts[i]!.setSize({ width, height: HEIGHT });
        }
      }
    }).observe(byId("charts"));
  }

  show(rates: Rates): void {
    const last = rates.times.at(-1);
    if (last === this.#lastTime && this.#rates !== undefined) return;
    this.#lastTime = last;
    this.#rates = rates;
    setText(byId("events-now"), format.count(rates.eventsPerSecond.at(-1) ?? 0));
    this.#draw();
  }

  #make(): void {
    for (const chart of this.#charts) chart.destroy();
    this.#charts = PLANS.map((plan) => {
      const parent = byId(plan.id);
      return new uPlot(optionsOf(plan, Math.max(parent.clientWidth, 200)), [[], [], []], parent);
    });
    this.#draw();
  }

  #draw(): void {
    const { times = [] } = this.#rates ?? {};
    const end = times.at(-1) ?? Date.now() / 1000;
    const span = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, end - (times[0] ?? end)));
    for (const [i, { valuesOf }] of PLANS.entries()) {
      const values = this.#rates === undefined ? [] : valuesOf(this.#rates);
      const chart = this.#charts[i]!;
      chart.batch(() => {
        chart.setData([[...times], ...values.map((line) => [...line])] as uPlot.AlignedData, false);
        chart.setScale("x", { min: end - span, max: end });
      });
    }
  }
}

function optionsOf({ text, valuesOf, least }: ChartPlan, width: number): uPlot.Options {
  const { water, gate, soft, line, font } = theme();
  const lines = valuesOf({
    times: [],
    eventsPerSecond: [],
    bytesReadPerSecond: [],
    bytesWrittenPerSecond: [],
  }).length;
  const axis: uPlot.Axis = {
    stroke: soft,
    font: `11px ${font}`,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 4, 0, 0],
    scales: {
      x: { time: false, auto: false },
      y: { range: (_, __, max) => [0, Math.max(max ?? 0, least) * 1.1] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        grid: { show: false },
        splits: (_, __, min, max) => [0.25, 0.5, 0.75].map((share) => min + (max - min) * share),
        values: ({ scales }, splits) =>
          splits.map((split) => `${Math.round(scales["x"]!.max! - split)} s ago`),
      },
      { ...axis, size: 58, space: 36, values: (_, splits) => splits.map((value) => text(value)) },
    ],
    series: [
      {},
      ...[
        { stroke: water, width: 2, fill: `${water}2b`, points: { show: false } },
        { stroke: gate, width: 2, points: { show: false } },
      ].slice(0, lines),
    ],
  };
}
