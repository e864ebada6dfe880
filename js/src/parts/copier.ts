/** The part that writes what is copied; loaded when something is selected. */

import type { Copier } from "../heavy.js";
import { toHtml, toMarkdown, toPlainText } from "../markdown/write.js";

export const copier: Copier = {
  write: (node, range) => ({
    "text/plain": toPlainText(node, range),
    "text/html": toHtml(node, range),
    "text/markdown": toMarkdown(node, range),
  }),
};
