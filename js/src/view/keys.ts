/** Keys inside a view are the view's: Esc stops, and no notebook shortcut runs. */

/**
 * Lumino, which runs the notebook's shortcuts, leaves elements with this attribute alone. It must
 * be on the very element that has the focus: a selector that ends in `:focus` is tried there first
 * (https://github.com/jupyterlab/lumino/blob/main/packages/commands/src/index.ts, targetDistance).
 */
const SUPPRESS = "data-lm-suppress-shortcuts";

export function attachKeys(el: HTMLElement, onEscape: () => void): void {
  // Lumino listens while the event is on its way down, at the document: the window is before it.
  const decide = (event: KeyboardEvent) => {
    if (event.target instanceof Element && el.contains(event.target)) {
      event.target.toggleAttribute(SUPPRESS, !isPageKey(event));
    }
  };
  el.addEventListener("focusin", () => window.addEventListener("keydown", decide, true));
  el.addEventListener("focusout", () => window.removeEventListener("keydown", decide, true));
  el.addEventListener("keydown", (event) => {
    if (isPageKey(event)) return;
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      onEscape();
    }
  });
}

/** Saving and the like stay the page's: Ctrl or Cmd, but not with Enter, which runs cells. */
const isPageKey = (event: KeyboardEvent): boolean =>
  (event.ctrlKey || event.metaKey) && event.key !== "Enter";
