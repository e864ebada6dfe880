/** Numbers that look random and are the same in every run. */

export type Random = () => number;

/** Numbers from 0 up to 1, by mulberry32. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` to `high`, both possible. */
export function between(next: Random, low: number, high: number): number {
  return low + Math.floor(next() * (high - low + 1));
}

export function pick<Choice>(next: Random, choices: readonly Choice[]): Choice {
  return choices[Math.floor(next() * choices.length)] as Choice;
}
