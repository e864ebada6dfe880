/** Links: where they lead, and what will probably be one. */

import type { Definition } from "../blocks/references.js";
import { scanDestination, scanTitle, skipGap } from "../text/strings.js";
import { REACH } from "../text/unfinished.js";

export type Target = Definition & { readonly end: number };

/** The target in parentheses that open at `open`. */
export function scanTarget(text: string, open: number): Target | null {
  if (text[open] !== "(") return null;
  const start = skipGap(text, open + 1);
  const destination = scanDestination(text, start);
  let end = skipGap(text, destination?.end ?? start);
  const title = destination && end > destination.end ? scanTitle(text, end) : null;
  if (title) end = skipGap(text, title.end);
  if (text[end] !== ")") return null;
  return { href: destination?.value ?? "", title: title?.value ?? "", end: end + 1 };
}

/** How long the text of a link may be that is shown as one before its end has arrived. */
export const LINK = 100;

/** How long it may be not to be shown at all before it is known to be one. */
export const HELD = 12;

// With the character before it, to leave out indices and lists of numbers; held back as far as above.
const LIKELY = /^.?(?:!\[|\[(?:\^.{0,12})?$)|^[^\w)\]]?\[(?!\s|[\d^].{12})/s;

/** Whether the bracket at `from` that is open at the end of `text` will probably be a link. */
export const isLikely = (text: string, from: number) =>
  LIKELY.test(text.slice(Math.max(0, from - 1)));

// The beginning of an address and a title, or of a label.
const ENDING = /^\](?:\((?:\S*|\S+\s+(?:["'(].*)?)|\[[^\]]*)?$/s;

/** Whether the bracket that is closed at `at` may get a target after the end of `text`. */
export const mayEnd = (text: string, at: number) => ENDING.test(text.slice(at, at + REACH));
