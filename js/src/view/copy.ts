/** What the clipboard gets when a part of the rendered answer is selected and copied. */

import type { Heavy } from "../lazy/lazy.js";
import { selectionAt } from "./dom.js";

/** What a selection inside it is written as by itself, without what is around it. */
const LEAF = "p, h1, h2, h3, h4, h5, h6, th, td, pre, summary";

/**
 * Writes what is copied from the texts in `el`. Until the part that does so has arrived, the browser
 * copies in its own way.
 */
export function attachCopy(el: HTMLElement, heavy: Heavy): void {
  const copier = () => heavy.get("copier", () => {});
  el.addEventListener("selectstart", copier);
  el.addEventListener("copy", (event) => {
    const selection = selectionAt(el);
    const data = event.clipboardData;
    if (!data || !selection?.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const common = range.commonAncestorContainer;
    const inside = common instanceof Element ? common : common.parentElement;
    const raw = inside?.closest(".nbs-raw");
    const answer = inside?.closest(".nbs-markdown");
    if (raw && el.contains(raw)) data.setData("text/plain", range.toString());
    else if (answer && el.contains(answer)) {
      // In plain words the page's own copy is right.
      if (common instanceof Text && !inside?.closest(".nbs-math")) return;
      const root = inside?.closest(`.nbs-math, ${LEAF}`) ?? answer;
      const written = copier()?.write(root, range);
      if (!written) return;
      for (const [type, text] of Object.entries(written)) data.setData(type, text);
    } else return;
    event.preventDefault();
  });
}
