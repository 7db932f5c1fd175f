// What can be said of any page by looking at it, and going through it with the keyboard.
import assert from "node:assert/strict";
import type { Page } from "playwright";

/** What WCAG 2 asks of text (success criterion 1.4.3). */
const LEAST_CONTRAST = 4.5;

/** Presses Tab until the focus is on an element. */
export async function tabTo(page: Page, id: string): Promise<void> {
  for (let i = 0; i < 80 && await focused(page) !== id; i++) await page.keyboard.press("Tab");
  assert.equal(await focused(page), id, "Tab does not lead there");
}

/** The id of what has the focus. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => document.activeElement?.id ?? "");
}

/** What is wrong with what can be seen. */
export async function auditOf(page: Page): Promise<string[]> {
  return await page.evaluate((least) => {
    const problems: string[] = [];
    const isShown = (node: Element) => node.checkVisibility({ visibilityProperty: true });
    const nameOf = (node: Element) => `${node.tagName.toLowerCase()}#${node.id}.${node.className}`;
    type Colour = readonly [number, number, number, number];

    const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    const colourOf = (text: string): Colour => {
      probe.clearRect(0, 0, 1, 1);
      probe.fillStyle = text;
      probe.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = probe.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const luminance = ([r, g, b]: Colour) => {
      const channel = (value: number) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      };
      return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    };
    const backgroundOf = (node: Element | null): Colour => {
      if (node === null) return [255, 255, 255, 1];
      const own = colourOf(getComputedStyle(node).backgroundColor);
      if (own[3] >= 0.99) return own;
      const under = backgroundOf(node.parentElement);
      const mix = (i: 0 | 1 | 2) => own[i] * own[3] + under[i] * (1 - own[3]);
      return [mix(0), mix(1), mix(2), 1];
    };

    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement!;
      if (walker.currentNode.textContent!.trim() === "" || !isShown(node)) continue;
      // What cannot be used need not be read as easily, says the criterion.
      if (node.closest(":disabled, datalist, option, .hidden, .skip") !== null) continue;
      const input = node.previousElementSibling ?? node.parentElement?.querySelector("input");
      if (input instanceof HTMLInputElement && input.disabled) continue;
      const text = luminance(colourOf(getComputedStyle(node).color));
      const back = luminance(backgroundOf(node));
      const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
      if (contrast < least) {
        const words = walker.currentNode.textContent!.trim().slice(0, 30);
        problems.push(`contrast ${contrast.toFixed(2)}: ${nameOf(node)} "${words}"`);
      }
    }

    for (const node of document.querySelectorAll("input, select, textarea, progress, meter")) {
      if (!isShown(node)) continue;
      const labels = [...(node as HTMLInputElement).labels ?? []];
      const isNamed = labels.some((label) => label.textContent!.trim() !== "") ||
        node.ariaLabel !== null;
      if (!isNamed) problems.push(`no label: ${nameOf(node)}`);
    }
    for (const node of document.querySelectorAll("button, summary, a[href]")) {
      if (isShown(node) && node.textContent!.trim() === "") {
        problems.push(`no name: ${nameOf(node)}`);
      }
    }
    for (
      const node of document.querySelectorAll("canvas, [role=img], [role=group], nav, article")
    ) {
      if (isShown(node) && node.getAttribute("role") !== null && !node.getAttribute("aria-label")) {
        problems.push(`no name: ${nameOf(node)}`);
      }
    }
    for (const node of document.querySelectorAll("[aria-labelledby], [for]")) {
      const id = node.getAttribute("aria-labelledby") ?? node.getAttribute("for")!;
      if (document.getElementById(id) === null) problems.push(`${nameOf(node)} names ${id}`);
    }
    for (const node of document.querySelectorAll("img")) {
      if (!node.hasAttribute("alt")) problems.push(`no alt: ${nameOf(node)}`);
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    if (new Set(ids).size !== ids.length) problems.push("an id is there twice");
    let level = 0;
    for (const node of document.querySelectorAll("h1, h2, h3, h4")) {
      if (!isShown(node)) continue;
      const own = Number(node.tagName[1]);
      if (own > level + 1) problems.push(`heading ${own} after ${level}: ${node.textContent}`);
      level = own;
    }
    if (document.documentElement.lang === "") problems.push("no language");
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
      problems.push(`${scrollWidth} wide, and the screen ${clientWidth}`);
    }
    for (const node of document.querySelectorAll("button, summary, select")) {
      if (isShown(node) && node.getBoundingClientRect().height < 24) {
        problems.push(`lower than 24 px: ${nameOf(node)}`);
      }
    }
    return problems;
  }, LEAST_CONTRAST);
}
