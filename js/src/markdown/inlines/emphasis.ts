/** Emphasis: which runs of `*`, `_` and `~` open and close spans. */

import type { Span } from "./inline.js";

/** A run of delimiters. */
export interface Run {
  /** Where in the text it begins. */
  readonly at: number;
  readonly character: string;
  readonly length: number;
  readonly canOpen: boolean;
  readonly canClose: boolean;
  /** How many characters are still text. */
  left: number;
  /** What it opens and closes, in the order in which that was found. */
  readonly opens: Span[];
  readonly closes: Span[];
}

// Wide characters except emoji, Hangul, and variation selectors that make others wide, by the
// CJK-friendly amendments to CommonMark: https://github.com/tats-u/markdown-cjk-friendly
const CJK =
  /(?!\p{EPres})[\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe6f\uff01-\uffee\u{16fe0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|[\u{e0100}-\u{e01ef}]|[\u2018-\u201d]\ufe01/u;

/** The run of delimiters from `at` to `end`; fewer tildes than `least` are text. */
export function scanRun(text: string, at: number, end: number, least: number): Run {
  const character = text[at] ?? "";
  const length = end - at;
  // The characters beside the run, the first with its variation selector. NUL, which no line holds,
  // stands for the run.
  const [beside = ""] =
    /.?[\ufe00-\ufe0e]?\0.?/su.exec(
      `${text.slice(Math.max(0, at - 3), at)}\0${text.slice(end, end + 2)}`,
    ) ?? [];
  const spaceBefore = /^\s?\0/.test(beside);
  const spaceAfter = /\0\s?$/.test(beside);
  const markBefore = /^[\p{P}\p{S}]/u.test(beside);
  const markAfter = /[\p{P}\p{S}]$/u.test(beside);
  const cjk = markBefore !== markAfter && CJK.test(beside);
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore || cjk);
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter || cjk);
  // Not within a word.
  const word = character === "_";
  const fits = character !== "~" || (length >= least && length < 3);
  return {
    at,
    character,
    length,
    canOpen: fits && left && (!word || !right || markBefore),
    canClose: fits && right && (!word || !left || markAfter),
    left: length,
    opens: [],
    closes: [],
  };
}

/**
 * Matches `runs` from the one at `bottom` on, and takes them off. What stays open after `openFrom`
 * in the text is open to its end. Returns those that more text may close.
 */
export function matchRuns(runs: Run[], bottom: number, openFrom: number): Run[] {
  /** Those that may still open something. */
  const openers: Run[] = [];
  // Where a search for an opener ended in vain: the next one of the same sort looks no further.
  const floors = new Map<string, number>();
  for (const closer of runs.splice(bottom)) {
    const { character, length, canOpen, canClose } = closer;
    // Closers of one sort are matched by the same openers.
    const sort = character + (character === "~" ? length : length % 3) + canOpen;
    while (canClose && closer.left) {
      const floor = floors.get(sort) ?? -1;
      const index = openers.findLastIndex((one) => one.at <= floor || fits(one, closer));
      const opener = openers[index];
      if (!opener || opener.at <= floor) {
        floors.set(sort, openers.at(-1)?.at ?? -1);
        break;
      }
      // What lies between the two can match nothing outside them.
      openers.length = index + 1;
      const count = opener.left > 1 && closer.left > 1 ? 2 : 1;
      const kind = kindOf(closer, count);
      opener.opens.push(kind);
      closer.closes.push(kind);
      opener.left -= count;
      closer.left -= count;
      if (!opener.left) openers.pop();
    }
    if (canOpen && closer.left) openers.push(closer);
  }
  for (const run of openers) {
    if (run.at <= openFrom || run.canClose || run.left > 3) continue;
    for (; run.left > 0; run.left -= run.left > 1 ? 2 : 1) run.opens.push(kindOf(run, run.left));
  }
  return openers;
}

function fits(opener: Run, { character, length, canOpen }: Run): boolean {
  if (opener.character !== character) return false;
  if (character === "~") return opener.length === length;
  return (!opener.canClose && !canOpen) || length % 3 === 0 || (opener.length + length) % 3 !== 0;
}

/** What `count` delimiters make. */
const kindOf = ({ character }: Run, count: number): Span =>
  character === "~" ? "del" : count > 1 ? "strong" : "em";
