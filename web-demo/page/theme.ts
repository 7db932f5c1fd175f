/** The colours of the style sheet, for what is drawn. */
export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly panel: string;
  readonly sunk: string;
  readonly water: string;
  readonly waterDeep: string;
  readonly waterPale: string;
  readonly onWater: string;
  readonly gate: string;
  readonly heat0: string;
  readonly heat1: string;
  readonly font: string;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

let current: Theme | undefined;

/** The theme of now. */
export function theme(): Theme {
  return current ??= read();
}

/** Calls back when the theme has changed. */
export function onThemeChange(run: () => void): void {
  dark.addEventListener("change", () => {
    current = undefined;
    run();
  });
}

/** Whether things may move. */
export function mayMove(): boolean {
  return !stillness.matches;
}

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"),
    soft: of("soft"),
    line: of("line"),
    lineStrong: of("line-strong"),
    panel: of("panel"),
    sunk: of("sunk"),
    water: of("water"),
    waterDeep: of("water-deep"),
    waterPale: of("water-pale"),
    onWater: of("on-water"),
    gate: of("gate"),
    heat0: of("heat-0"),
    heat1: of("heat-1"),
    font: of("sans"),
  };
}
