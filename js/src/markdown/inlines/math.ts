/** Formulas: `$..$`, `$$..$$`, `\(..\)`, `\[..\]` and `\begin{..}`; what is inside is TeX and nothing else. */

import { matchAt } from "../text/strings.js";
import type { Formula } from "./inline.js";

// Not sums of money, shares or variables: "$5 and $10", "US$5 or $6", "$A/$B". Right before a letter,
// a formula has to end with a letter, a digit or a bracket: "$n$th".
const FORMULA =
  /(?<!\w)\$(?![\s$])((?:\\.|[^\\$`])+)(?:(?<=[\w})\]])\$(?![\d{])|(?<!\s)\$(?![\w{(]))|\$\$((?:\\.|[^\\$]|\$(?!\$))*)\$\$|\\\(((?:\\[^)]|[^\\])*)\\\)|\\\[((?:\\[^\]]|[^\\])*)\\\]|\\begin(\{[a-z]+\*?\}).*?\\end\5/sy;

// What begins with a digit is more often money. So long ones are none, or will never be closed.
const OPEN =
  /(?:(?<!\w)\$(?![\s\d$])(?:\\.?|[^\\$]){0,400}|(?:\$\$|\\\[|\\begin\{).{0,2000}|\\\(.{0,400})$/sy;

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
  const closed = matchAt(FORMULA, text, at);
  const display = /^(?:\$\$|\\[[b])/.test(opener);
  if (closed) {
    // The TeX of an environment includes what delimits it.
    const tex = closed[5] ? closed[0] : closed.slice(1).join("").trim();
    return tex ? { kind: "math", text: closed[0], tex, display, isClosed: true } : null;
  }
  const open = unfinished && matchAt(OPEN, text, at);
  if (open) return { kind: "math", text: open[0], tex: "", display, isClosed: false };
  if (/^(?:\$\$|\\[([])/.test(opener)) spent.add(opener);
  return null;
}
