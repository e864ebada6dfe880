/** Streams one text through one contender, and says what the frames cost. */

import { CONTENDERS, SAMPLED } from "./contenders.js";
import { place, removePlaces, sample, stream } from "./frames.js";
import { cut, TEXTS } from "./texts.js";

const CHARACTERS_A_TOKEN = 4;

export const texts = Object.keys(TEXTS);

export interface Result {
  /** js+layout of each frame that was measured, in milliseconds. */
  readonly costs: number[];
  /** How many frames the text takes; more than were measured if they were sampled. */
  readonly frames: number;
  /** Some of the code that is shown is in colours. */
  readonly highlighted: boolean;
}

/**
 * `draw`: the browser draws after so many tokens. `pause`: milliseconds between frames. `scale`
 * shortens the text; `samples` is the number of frames of the sampled contender.
 */
export async function run(
  text: string,
  tokens: number,
  contender: string,
  draw: number,
  pause: number,
  scale: number,
  samples: number,
): Promise<Result> {
  const make = TEXTS[text];
  const create = CONTENDERS[contender];
  if (!make || !create) throw new Error(`no ${text} or ${contender}`);
  const pieces = cut(make(scale), tokens * CHARACTERS_A_TOKEN);
  removePlaces();
  const sampled = contender === SAMPLED && pieces.length > samples;
  const frames = sampled
    ? await sample(create, pieces, samples)
    : await stream(create, place(), pieces, {
        drawEvery: Math.max(1, Math.floor(draw / tokens)),
        pause,
      });
  // Microseconds are enough, and thousands of numbers travel.
  const costs = frames.map(({ cost }) => Math.round(cost * 1000) / 1000);
  const highlighted = document.querySelector("[class^=nbs-tok]") !== null;
  return { costs, frames: Math.max(pieces.length, costs.length), highlighted };
}

/** What is shown is let go, so that the next run starts with an empty page. */
export const clear = removePlaces;
