/** Emphasis: which runs of `*`, `_` and `~` open and close spans. */

import type { Span } from "./inline.js";
import { matchAt } from "./strings.js";

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

const SPACE_BEFORE = /(?<=^|[\p{Zs}\t\n\f\r])/uy;
const SPACE_AFTER = /(?=$|[\p{Zs}\t\n\f\r])/uy;
const MARK_BEFORE = /(?<=[\p{P}\p{S}])/uy;
const MARK_AFTER = /(?=[\p{P}\p{S}])/uy;

/** The run of delimiters from `at` to `end`. */
export function scanRun(text: string, at: number, end: number): Run {
  const is = (pattern: RegExp, place: number) => matchAt(pattern, text, place) !== null;
  const character = text[at] ?? "";
  const length = end - at;
  const spaceBefore = is(SPACE_BEFORE, at);
  const spaceAfter = is(SPACE_AFTER, end);
  const markBefore = is(MARK_BEFORE, at);
  const markAfter = is(MARK_AFTER, end);
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore);
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter);
  // Not within a word.
  const word = character === "_";
  const fits = character !== "~" || length < 3;
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
