/** Formulas: `$..$`, `$$..$$`, `\(..\)` and `\[..\]`; what is inside is TeX and nothing else. */

import type { Formula } from "./inline.js";
import { matchAt } from "./strings.js";

// Not sums of money: "$5 and $10", "US$5 or $6".
const FORMULA =
  /(?<!\w)\$(?![\s$])((?:\\.|[^\\$`])+)(?<!\s)\$(?!\d)|\$\$((?:\\.|[^\\$]|\$(?!\$))*)\$\$|\\\(((?:\\[^)]|[^\\])*)\\\)|\\\[((?:\\[^\]]|[^\\])*)\\\]/sy;

// What begins with a digit is more often money. So long ones are none, or will never be closed.
const OPEN =
  /(?:(?<!\w)\$(?![\s\d$])(?:\\.?|[^\\$]){0,400}|(?:\$\$|\\\[).{0,2000}|\\\(.{0,400})$/sy;

/**
 * The formula at `at`, null if there is none; if `unfinished`, one may be open at the text's end.
 * `spent`: delimiters that are known not to be closed any more, so that it is tried once only.
 */
export function scanFormula(
  text: string,
  at: number,
  unfinished: boolean,
  spent: Set<string>,
): Formula | null {
  const opener = text.slice(at, at + 2);
  if (spent.has(opener)) return null;
  const display = opener === "$$" || opener === "\\[";
  const closed = matchAt(FORMULA, text, at);
  if (closed) {
    const tex = closed.slice(1).join("").trim();
    return tex ? { kind: "math", text: closed[0], tex, display, closed: true } : null;
  }
  const open = unfinished && matchAt(OPEN, text, at);
  if (open) return { kind: "math", text: open[0], tex: "", display, closed: false };
  if (display || opener === "\\(") spent.add(opener);
  return null;
}
