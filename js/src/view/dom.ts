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
 * The document or the shadow root that holds `el`, with what both have in common; the root of a
 * detached element has nothing of it. A document does not see what is inside a shadow root.
 */
export const rootOf = (el: Element) => el.getRootNode() as Partial<Document>;

/** The selection around `el`: in Chromium, a shadow root has one of its own. */
export const selectionAt = (el: Element): Selection | null =>
  rootOf(el).getSelection?.() ?? getSelection();
