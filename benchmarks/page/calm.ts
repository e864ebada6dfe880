/** What a reader notices while text streams: text that is rewritten, flickers, or jumps. */

import { changed, vanished } from "./changes.js";
import { CONTENDERS } from "./contenders.js";
import { place, removePlaces, stream } from "./frames.js";
import { cut, mixed } from "./texts.js";

const CHARACTERS = 4;

export interface Result {
  readonly characters: number;
  readonly steps: number;
  /** Characters that were shown, and were taken away or written again. */
  readonly rewritten: number;
  /** Steps after which text is gone that was shown before. */
  readonly flickers: number;
  /** Steps after which the answer is less high than before. */
  readonly drops: number;
  /** The largest of them, in pixels. */
  readonly largestDrop: number;
  /** The first flickers: what was shown and what became of it. */
  readonly examples: string[];
}

/** The text that is shown: not what is hidden, nor the labels of buttons. */
export function shownText(el: Element): string {
  let text = "";
  for (const node of el.childNodes) {
    if (node instanceof Text) text += node.data;
    else if (node instanceof HTMLElement) {
      if (!node.hidden && !node.matches(".nbs-code-head, button")) text += shownText(node);
    } else if (node instanceof Element) text += node.textContent;
  }
  return text;
}

/** Counts while a mixed answer streams; one of `length` characters, made with `seed`. */
export async function run(contender: string, length: number, seed: number): Promise<Result> {
  const create = CONTENDERS[contender];
  if (!create) throw new Error(`no ${contender}`);
  const text = mixed(length, seed);
  const pieces = cut(text, CHARACTERS);
  removePlaces();
  const el = place();
  let rewritten = 0;
  const count = (records: MutationRecord[]) => {
    rewritten += changed(records);
  };
  const observer = new MutationObserver(count);
  observer.observe(el, {
    childList: true,
    characterData: true,
    characterDataOldValue: true,
    subtree: true,
  });
  let [before, height, flickers, drops, largestDrop] = ["", 0, 0, 0, 0];
  const examples: string[] = [];
  const seen = () => {
    count(observer.takeRecords());
    const now = shownText(el);
    const gone = vanished(before, now);
    if (gone) {
      flickers++;
      if (examples.length < 5) examples.push(gone);
    }
    before = now;
    const drop = height - el.getBoundingClientRect().height;
    // Heights are sums of fractions.
    if (drop > 0.5) {
      drops++;
      largestDrop = Math.max(largestDrop, drop);
    }
    height -= drop;
    return true;
  };
  await stream(create, el, pieces, { seen });
  observer.disconnect();
  const steps = pieces.length;
  return { characters: text.length, steps, rewritten, flickers, drops, largestDrop, examples };
}
