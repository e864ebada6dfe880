/** A text that may continue, as it will probably be read. */

import { trimEnd } from "./strings.js";

/** How far back an opened span may lie: one that stays open so long is probably none. */
export const REACH = 400;

/** How many characters of markup at the end are held back. */
const MOST = 16;

// Delimiters, half an escape, a tag, a character reference, an image, an address that is no link's
// target; not what is escaped.
const TAIL =
  /(?<=(?<!\\)(?:\\\\)*)(?:[*_~`$]+|\\[([]?|<\/?[a-z]{0,3}|<br ?\/?|&#?\w{0,8}|(?<!\S)!|(?<![\w(])(?:https?[:/]*|www\.?))$/i;

/** `text` without the markup at its end that would flash. */
export function holdBack(text: string): string {
  return text.slice(0, text.length - (TAIL.exec(text.slice(-MOST))?.[0].length ?? 0));
}

// Markers with nothing to show, fences, tasks, labels, rows, footnotes' labels, folds, formulas.
const MARKUP =
  /^(?:[-+*_=#`~|: \t]*|```[^`]*|~~~.*|\d{1,9}[.)]?[*_~` ]*|[-+*] \[[ xX]?\]?|\[(?!\^)[^\]]*(?:\](?::.*)?)?|\[\^[^\]]*\]?:?|\|.*|<\/?[a-z]{0,7}(?: \w*)?>?|<(?:details.*<)?summary>.*|\$\$?|\\\[?)$/i;

/**
 * Whether `line` is so far nothing but markup, a row, or a definition: what it is, is known when
 * more of it is there.
 */
export function isMarkup(line: string): boolean {
  return line.length < REACH && MARKUP.test(trimEnd(line.replace(/^[ \t>]+/, "")));
}
