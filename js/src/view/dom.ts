/** A new element with a class and, where given, a text. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  el.className = className;
  el.textContent = text;
  return el;
}

/** Sets the text only if it differs: the rest of the page is not told of what has not changed. */
export function setText(el: Element, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

export function setTitle(el: HTMLElement, title: string): void {
  if (el.title !== title) el.title = title;
}

/**
 * The page or the shadow root that `el` is in, with what they have in common; an element that is in
 * neither yet has none of that. The page itself sees nothing of what is in a shadow root.
 */
export const rootOf = (el: Element) => el.getRootNode() as Partial<Document>;

/** What is selected around `el`. Chromium's shadow roots tell it, other browsers' windows do. */
export const selectionAt = (el: Element): Selection | null =>
  rootOf(el).getSelection?.() ?? getSelection();
