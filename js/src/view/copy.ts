/** What the clipboard gets when a part of the rendered answer is selected and copied. */

import { toHtml, toMarkdown, toPlainText } from "../markdown/write.js";
import { selectionAt } from "./dom.js";

/** What a selection inside it is written as by itself, without what is around it. */
const LEAF = "p, h1, h2, h3, h4, h5, h6, th, td, pre, summary";

/** Takes care of what is copied from the texts in `el`. */
export function attachCopy(el: HTMLElement): void {
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
      data.setData("text/plain", toPlainText(root, range));
      data.setData("text/html", toHtml(root, range));
      data.setData("text/markdown", toMarkdown(root, range));
    } else return;
    event.preventDefault();
  });
}
