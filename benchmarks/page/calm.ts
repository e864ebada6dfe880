/** What a reader notices while text streams: text that is rewritten, flickers, or jumps. */

import { changed, observed, shownText, vanished } from "./changes.js";
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
  /** What they were, the first ones of each kind. */
  readonly examples: string[];
}

const EXAMPLES = 4;

/** Counts while a mixed answer streams; one of `length` characters, made with `seed`. */
export async function run(contender: string, length: number, seed: number): Promise<Result> {
  const create = CONTENDERS[contender];
  if (!create) throw new Error(`no ${contender}`);
  const text = mixed(length, seed);
  const pieces = cut(text, CHARACTERS);
  removePlaces();
  const el = place();
  const observer = observed(el);
  let [before, height, arrived] = ["", 0, 0];
  let [rewritten, flickers, drops, largestDrop] = [0, 0, 0, 0];
  const examples: string[] = [];
  const seen = (index: number) => {
    arrived += pieces[index]?.length ?? 0;
    const note = (count: number, what: string) => {
      if (count <= EXAMPLES)
        examples.push(`${what}, after ${JSON.stringify(text.slice(arrived - 40, arrived))}`);
    };
    rewritten += changed(observer.takeRecords());
    const now = shownText(el);
    const gone = vanished(before, now);
    if (gone) note(++flickers, `${JSON.stringify(gone)} gone`);
    before = now;
    const drop = height - el.getBoundingClientRect().height;
    // Heights are sums of fractions.
    if (drop > 0.5) {
      note(++drops, `${drop.toFixed(1)} px lower`);
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
