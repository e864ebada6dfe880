/** Rows of tables: cells between pipes. */

import { trim } from "./strings.js";

export type Align = "left" | "center" | "right" | "";
const ALIGN: readonly Align[] = ["", "left", "right", "center"];

/** What has more columns is text: the layout of thousands takes seconds. */
const COLUMNS = 500;

const CELL = /((?:\\.|[^|])*)(?:\||$)/gs;

/** One in which pipes may be in code and formulas. */
const WHOLE = /((?:(`+).*?\2|\$\S[^$]*(?<!\s)\$|\\\(.*?\\\)|\\.|[^|])*)(?:\||$)/gs;

/** Longer rows take too long to be read with care. */
const LONG = 2000;

/** The cells of a row; `\|` is a pipe inside a cell, and so are those in code if it has too many. */
export function splitRow(line: string, columns: number): string[] {
  const text = trim(line).replace(/^\|/, "");
  const cells = (pattern: RegExp) =>
    [...text.matchAll(pattern)]
      .map(([, cell = ""]) => trim(cell.replace(/(\\[^|])|\\(?=\|)/g, "$1")))
      .slice(0, -1);
  const found = cells(CELL);
  return found.length > columns && text.length < LONG ? cells(WHOLE) : found;
}

/** The columns' alignments if `line` is a delimiter row. */
export function scanDelimiters(line: string): Align[] | null {
  if (!/^[|:\- \t]*-[|:\- \t]*$/.test(line)) return null;
  const align: Align[] = [];
  for (const cell of splitRow(line, COLUMNS)) {
    if (!/^:?-+:?$/.test(cell)) return null;
    align.push(ALIGN[Number(cell[0] === ":") + (cell.endsWith(":") ? 2 : 0)] ?? "");
  }
  return align.length > COLUMNS ? null : align;
}
