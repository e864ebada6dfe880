/** A text as it is, in pieces of lines: the cost of an append does not grow with what is there. */

import { h } from "./dom.js";

/** Lines in one element. */
const LINES = 40;
/** Characters in one element: a longer line continues in the next, after a space if it has one. */
const LENGTH = 4096;
/** Elements of lines in one sheet: the page looks at each sibling of what has grown. */
const SHEET = 32;

export interface PlainRenderer {
  append(text: string): void;
}

/** A renderer that fills `el`; the elements' texts, one after the other, are the text. */
export function createPlain(el: HTMLElement): PlainRenderer {
  let sheet: HTMLElement | null = null;
  let node: Text | null = null;
  let lines = 0;

  function add(text: string): void {
    if (!node) {
      node = document.createTextNode("");
      lines = 0;
      if (!sheet || sheet.childElementCount >= SHEET) {
        sheet = h("div", "nbs-sheet");
        el.append(sheet);
      }
      const piece = h("div", "nbs-lines");
      piece.append(node);
      sheet.append(piece);
    }
    node.appendData(text);
    if (text.endsWith("\n")) lines++;
    const full = node.length >= LENGTH && /\s$/.test(text);
    // Not inside a character.
    const over = node.length >= 2 * LENGTH && !/[\ud800-\udbff]$/.test(text);
    if (lines >= LINES || full || over) node = null;
  }

  return {
    append(text) {
      for (const [line] of text.matchAll(/[^\n]{0,2048}\n|[^\n]{1,2048}/gu)) add(line);
    },
  };
}
