/** What a line may begin with: headings, fences, rules, list markers. */

import { trim, trimEnd, unescapeText } from "../text/strings.js";
import type { Block } from "./block.js";
import type { Line } from "./line.js";

const RULE = /([-*_])[ \t]*(?:\1[ \t]*){2,}$/y;
const ATX = /#{1,6}(?=[ \t]|$)/y;
const CLOSING_ATX = /(?<![^ \t])#+$/;
const SETEXT = /(=|-)\1*[ \t]*$/y;
const FENCE = /(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)/y;
const MARKER = /(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/y;

export const isRule = (line: Line) => line.match(RULE) !== null;

/** The level of the heading that `line` makes of the paragraph above it, 0 if none. */
export function underlineLevel(line: Line): number {
  return " =-".indexOf(line.exec(SETEXT)?.[1] ?? " ");
}

export function takeHeading(line: Line): Pick<Block, "level" | "lines"> | null {
  const level = line.match(ATX)?.length;
  if (!level) return null;
  line.take(level);
  const text = trim(line.content()).replace(CLOSING_ATX, "");
  return { level, lines: [trimEnd(text)] };
}

export function takeFence(line: Line): Pick<Block, "fence" | "offset" | "info"> | null {
  const [, fence = "", info = ""] = line.exec(FENCE) ?? [];
  return fence ? { fence, offset: line.indent, info: unescapeText(trimEnd(info)) } : null;
}

/**
 * Whether `line` ends the code in `block`, however it is indented. In code that is Markdown, a fence
 * with a language opens another: models write their answers' own fences around such code.
 */
export function closesFence(line: Line, block: Block): boolean {
  const [, fence, info] = (block.fence && line.exec(FENCE)) || [];
  if (!fence?.startsWith(block.fence)) return false;
  if (info && /^(?:md|markdown)\b/i.test(block.info)) block.level++;
  return !info && !(block.level && block.level--);
}

export interface Marker {
  /** What the list is like that it belongs to. */
  readonly list: Pick<Block, "marker" | "level" | "start">;
  readonly item: Pick<Block, "offset" | "contentIndent">;
}

/** A list marker; one that follows a paragraph's text has to begin at 1 and may not be empty. */
export function takeMarker(line: Line, afterText: boolean): Marker | null {
  const [marker, number] = line.exec(MARKER) ?? [];
  if (!marker) return null;
  const level = number ? 1 : 0;
  const start = Number(number ?? 1);
  const empty = !trim(line.text.slice(line.next + marker.length));
  if (afterText && (empty || start !== 1)) return null;
  const offset = line.indent;
  line.take(marker.length);
  const space = empty || line.indent > 4 ? 1 : line.indent;
  line.skip(space);
  return {
    list: { marker: marker.at(-1) ?? "", level, start },
    item: { offset, contentIndent: offset + marker.length + space },
  };
}

// A label has no spaces, and is short.
const FOOTNOTE = /\[\^([^\s[\]]{1,100})\]:[ \t]*/y;

/** The label of the footnote that `line` begins. */
export function takeFootnote(line: Line): string | null {
  const found = line.exec(FOOTNOTE);
  if (!found) return null;
  line.take(found[0].length);
  return found[1] ?? "";
}

const DETAILS = /<details( open)?>[ \t]*(?:<summary>(.*)<\/summary>[ \t]*)?$/iy;
const SUMMARY = /<summary>(.*)<\/summary>[ \t]*$/iy;
const CLOSING_DETAILS = /<\/details>[ \t]*$/iy;

/** A fold that is opened by `line`, which holds nothing else but its summary. */
export function takeDetails(line: Line): Pick<Block, "level" | "info"> | null {
  const found = line.exec(DETAILS);
  return found && { level: found[1] ? 1 : 0, info: trim(found[2] ?? "") };
}

export function takeSummary(line: Line): string | null {
  const found = line.exec(SUMMARY);
  return found && trim(found[1] ?? "");
}

export const closesDetails = (line: Line) => line.match(CLOSING_DETAILS) !== null;

// A formula on lines of its own; one that ends on its first line is found in the text.
const MATH = /(?:\$\$(?!.*\$\$)|\\\[(?!.*\\\])|\\begin(\{[a-z]+\*?\})(?!.*\\end\1))[ \t]*(.*)/y;

/** A formula that `line` begins, and what closes it. */
export function takeMath(line: Line): Pick<Block, "fence" | "level"> | null {
  const found = line.exec(MATH);
  if (!found) return null;
  const [text, name, rest] = found;
  const fence = name ? `\\end${name}` : text[0] === "$" ? "$$" : "\\]";
  return { fence, level: name || !rest ? 1 : 0 };
}

export const closesMath = (line: Line, closer: string) => trimEnd(line.text).endsWith(closer);
