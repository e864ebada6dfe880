/** Keys inside a view are the view's: Esc stops, and no notebook shortcut runs. */

/** Lumino, which runs the notebook's shortcuts, leaves elements with this attribute alone. */
const SUPPRESS = "data-lm-suppress-shortcuts";

export function attachKeys(el: HTMLElement, onEscape: () => void): void {
  el.setAttribute(SUPPRESS, "");
  // Lumino listens while the event is on its way down, at the document: the window is before it.
  // Saving and the like (Ctrl or Cmd, not with Enter, which runs cells) stay the page's.
  const decide = (event: KeyboardEvent) => {
    if (event.target instanceof Node && el.contains(event.target)) {
      el.toggleAttribute(SUPPRESS, !isPageKey(event));
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

const isPageKey = (event: KeyboardEvent): boolean =>
  (event.ctrlKey || event.metaKey) && event.key !== "Enter";
