/** Rows of tables: cells between pipes. */

import { trim } from "./strings.js";

export type Align = "left" | "center" | "right" | "";

/** What has more columns is text: the layout of thousands takes seconds. */
const COLUMNS = 500;

/** The cells of a row; `\|` is a pipe inside a cell. */
export function splitRow(line: string): string[] {
  const text = trim(line);
  const cells: string[] = [];
  let cell = "";
  for (let at = text[0] === "|" ? 1 : 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "|") {
      cells.push(trim(cell));
      cell = "";
    } else if (character === "\\" && at + 1 < text.length) {
      const escaped = text[++at] ?? "";
      cell += escaped === "|" ? escaped : character + escaped;
    } else cell += character;
  }
  if (trim(cell)) cells.push(trim(cell));
  return cells;
}

/** The columns' alignments if `line` is a delimiter row. */
export function scanDelimiters(line: string): Align[] | null {
  if (!/^[|:\- \t]*-[|:\- \t]*$/.test(line)) return null;
  const align: Align[] = [];
  for (const cell of splitRow(line)) {
    if (!/^:?-+:?$/.test(cell)) return null;
    const left = cell.startsWith(":");
    const right = cell.endsWith(":");
    align.push(left && right ? "center" : left ? "left" : right ? "right" : "");
  }
  return align.length > COLUMNS ? null : align;
}
