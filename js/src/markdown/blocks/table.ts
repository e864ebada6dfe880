/** Rows of tables: cells between pipes. */

import { trim } from "../text/strings.js";

export type Align = "left" | "center" | "right" | "";

/** What has more columns is text: the layout of thousands takes seconds. */
const COLUMNS = 500;

const ESCAPE = /\\./gs;

/** What pipes may be in: code, formulas, escapes. */
const WHOLE = /(`+).*?\1|\$\S[^$]*(?<!\s)\$|\\\(.*?\\\)|\\./gs;

/** In longer rows this would take too long. */
const LONG = 2000;

/** The cells of a row; `\|` is a pipe inside a cell, and so are those in code if it has too many. */
export function splitRow(line: string, columns: number): string[] {
  const text = trim(line).replace(/^\|/, "");
  // A pipe inside a cell is NUL, which no line holds, until the cells are known.
  const hide = (whole: string) => whole.replace(/(\\[^|])|\\?\|/g, (_, other) => other ?? "\0");
  const split = (pattern: RegExp) => {
    const cells = text
      .replace(pattern, hide)
      .split("|")
      .map((cell) => trim(cell).replaceAll("\0", "|"));
    if (!cells.at(-1)) cells.pop();
    return cells;
  };
  const found = split(ESCAPE);
  return found.length > columns && text.length < LONG ? split(WHOLE) : found;
}

/** The columns' alignments if `line` is a delimiter row. */
export function scanDelimiters(line: string): Align[] | null {
  if (!/^[|:\- \t]*-[|:\- \t]*$/.test(line)) return null;
  const align: Align[] = [];
  for (const cell of splitRow(line, COLUMNS)) {
    const [found, left, right] = /^(:)?-+(:)?$/.exec(cell) ?? [];
    if (!found) return null;
    align.push(left && right ? "center" : left ? "left" : right ? "right" : "");
  }
  return align.length > COLUMNS ? null : align;
}
