/** The part that writes what is copied; loaded when something is selected. */

import type { Copier } from "../../lazy/lazy.js";
import { toHtml, toMarkdown, toPlainText } from "../../markdown/dom/serialize.js";

export const copier: Copier = {
  write: (node, range) => ({
    "text/plain": toPlainText(node, range),
    "text/html": toHtml(node, range),
    "text/markdown": toMarkdown(node, range),
  }),
};
