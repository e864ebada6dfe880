/** A text that may go on, as it will probably be read. */

import { trimEnd } from "./strings.js";

/** How far back an opened span may lie: one that stays open so long is probably none. */
export const REACH = 400;

/** How many characters of markup at the end are held back. */
const MOST = 16;

// What may be the beginning of a link's target: an address, then a title.
const TARGET = /^\((?:\S*|\S+\s+(?:["'(].*)?)$/s;

/** Where the text's last link ends if its target is not all there, else -1. */
function findTarget(text: string): number {
  const from = Math.max(0, text.length - REACH);
  const at = text.lastIndexOf("](");
  if (at < from || text.lastIndexOf("[", at) < from) return -1;
  const target = text.slice(at + 1);
  let depth = 0;
  for (const character of target) {
    if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return -1;
  }
  return TARGET.test(target) ? at : -1;
}

/** `text` without what would flash: markup at its end, and a link's target that is not all there. */
export function holdBack(text: string): string {
  const target = findTarget(text);
  // The link is there already, only where it leads is not known.
  if (target >= 0) return `${text.slice(0, target)}]()`;
  let end = text.length;
  const least = Math.max(0, end - MOST);
  while (end > least && "*_~`".includes(text[end - 1] ?? "")) end--;
  return text[end - 1] === "\\" ? text : text.slice(0, end);
}

const MARKUP = /^(?:[-+*_=#`~|: \t]*|\d{1,9}[.)]?|[-+*] \[[ xX]?\]?|\[[^\]]*(?:\](?::.*)?)?|\|.*)$/;

/**
 * Whether `line` is so far nothing but markup, a row, or a definition: what it is, is known when
 * more of it is there.
 */
export function isMarkup(line: string): boolean {
  return line.length < REACH && MARKUP.test(trimEnd(line.replace(/^[ \t>]+/, "")));
}
