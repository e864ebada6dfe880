/** A line of code as it is shown: pieces of text, with an element for each that has a style. */

import type { Token } from "../addons.js";
import { setText } from "../dom/inlines.js";

interface Piece {
  readonly text: Text;
  /** What gives the text its class. */
  el: HTMLElement | null;
  shown: string;
}

export class Row {
  readonly el = create("span", "nbs-line");
  readonly #pieces: Piece[] = [];

  /** Shows `line`, with its ending if it has `ended`; it may continue if it is `open`. */
  show(line: string, tokens: readonly Token[], ended: boolean, open = false): void {
    const pieces = this.#pieces;
    const added: ChildNode[] = [];
    let [index, start] = [0, 0];
    for (const { end, style } of tokens) {
      // The ending is not a piece of its own, which would have to be laid out.
      const text = line.slice(start, end) + (ended && end === line.length ? "\n" : "");
      const className = style && `nbs-tok-${style}`;
      const piece = pieces[index++];
      if (piece) change(piece, text, className);
      else {
        const made = make(text, className, open && end === line.length);
        pieces.push(made);
        added.push(made.el ?? made.text);
      }
      start = end;
    }
    if (ended && !line) added.push(document.createTextNode("\n"));
    if (added.length) this.el.append(...added);
    for (const { el, text } of pieces.splice(tokens.length)) (el ?? text).remove();
  }
}

/** `last`: what is a word so far may become a keyword, and its text then need not move. */
function make(shown: string, className: string, last: boolean): Piece {
  const text = document.createTextNode(shown);
  const el = className || (last && /^\w+$/.test(shown)) ? create("span", className) : null;
  el?.append(text);
  return { text, el, shown };
}

function change(piece: Piece, text: string, className: string): void {
  if (className && !piece.el) {
    piece.el = create("span");
    piece.text.replaceWith(piece.el);
    piece.el.append(piece.text);
  }
  if (piece.el && piece.el.className !== className) piece.el.className = className;
  setText(piece.text, piece.shown, text);
  piece.shown = text;
}

export function create(name: string, className = ""): HTMLElement {
  const el = document.createElement(name);
  if (className) el.className = className;
  return el;
}
