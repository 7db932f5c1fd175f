/** An element that the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`Cannot find the element ${JSON.stringify(id)}`);
  return found as T;
}

/** What an element is made with. */
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Makes an element. Text is text: nothing is parsed. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(attribute, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Sets text if it is another, so that nothing is laid out anew for nothing. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** The elements a selector finds. */
export function all<T extends HTMLElement>(selector: string): T[] {
  return [...document.querySelectorAll<T>(selector)];
}
