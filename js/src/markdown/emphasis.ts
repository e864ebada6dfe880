/** Emphasis: which runs of `*`, `_` and `~` open and close spans. */

import { Run } from "./tokens.js";

const SPACE = /[\p{Zs}\t\n\f\r]/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

/** The code point that ends before `at`, as a string. */
function before(text: string, at: number): string {
  const code = text.charCodeAt(at - 1);
  const low = code >= 0xdc00 && code <= 0xdfff && at > 1;
  return low ? text.slice(at - 2, at) : (text[at - 1] ?? "");
}

/** The run of delimiters from `at` to `end`. */
export function scanRun(text: string, at: number, end: number): Run {
  const character = text[at] ?? "";
  const previous = before(text, at);
  const code = text.codePointAt(end);
  const next = code === undefined ? "" : String.fromCodePoint(code);
  const spaceBefore = !previous || SPACE.test(previous);
  const spaceAfter = !next || SPACE.test(next);
  const markBefore = PUNCTUATION.test(previous);
  const markAfter = PUNCTUATION.test(next);
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore);
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter);
  if (character === "_")
    return new Run(
      at,
      "_",
      end - at,
      left && (!right || markBefore),
      right && (!left || markAfter),
    );
  const short = character !== "~" || end - at < 3;
  return new Run(at, character, end - at, left && short, right && short);
}

/** The runs that may still open or close something, innermost last. */
export class Runs {
  last: Run | null = null;

  push(run: Run): void {
    run.order = this.last ? this.last.order + 1 : 1;
    run.previous = this.last;
    if (this.last) this.last.next = run;
    this.last = run;
  }

  private remove(run: Run): void {
    if (run.previous) run.previous.next = run.next;
    if (run.next) run.next.previous = run.previous;
    else this.last = run.previous;
  }

  /**
   * Matches the runs after `bottom`, then forgets them. What stays open after `openFrom` in the text
   * is open to its end; true if anything does.
   */
  match(bottom: Run | null, openFrom = Number.POSITIVE_INFINITY): boolean {
    // Where a search for an opener ended in vain: the next one of the same sort looks no further.
    const floors = new Map<string, number>();
    const end = bottom?.order ?? 0;
    let closer: Run | null = this.last === bottom ? null : this.last;
    while (closer?.previous && closer.previous !== bottom) closer = closer.previous;
    while (closer) {
      const after: Run | null = closer.next;
      const opener = closer.canClose ? this.opener(closer, floors, end) : null;
      if (!opener) {
        if (!closer.canOpen) this.remove(closer);
        closer = after;
        continue;
      }
      const count = opener.left >= 2 && closer.left >= 2 ? 2 : 1;
      const kind = closer.character === "~" ? "del" : count === 2 ? "strong" : "em";
      opener.opens.push(kind);
      closer.closes.push(kind);
      opener.left -= count;
      closer.left -= count;
      // What lies between the two can match nothing outside them.
      opener.next = closer;
      closer.previous = opener;
      if (!opener.left) this.remove(opener);
      if (!closer.left) {
        this.remove(closer);
        closer = after;
      }
    }
    let open = false;
    for (let run = this.last; run && run.at > openFrom; run = run.previous)
      if (run.stayOpen()) open = true;
    this.last = bottom;
    if (bottom) bottom.next = null;
    return open;
  }

  private opener(closer: Run, floors: Map<string, number>, end: number): Run | null {
    const sort = sortOf(closer);
    const floor = Math.max(floors.get(sort) ?? 0, end);
    let opener = closer.previous;
    while (opener && opener.order > floor && !fits(opener, closer)) opener = opener.previous;
    if (opener && opener.order > floor) return opener;
    floors.set(sort, closer.previous?.order ?? 0);
    return null;
  }
}

/** Closers of one sort are matched by the same openers. */
function sortOf({ character, length, canOpen }: Run): string {
  return character + (character === "~" ? length : length % 3) + canOpen;
}

function fits(opener: Run, closer: Run): boolean {
  if (opener.character !== closer.character || !opener.canOpen) return false;
  if (closer.character === "~") return opener.length === closer.length;
  if (!opener.canClose && !closer.canOpen) return true;
  return closer.length % 3 === 0 || (opener.length + closer.length) % 3 !== 0;
}
