/** The frames that a hostile text causes. */

import { CONTENDERS } from "./contenders.js";
import { place, removePlaces, stream } from "./frames.js";
import { hostile } from "./hostile.js";
import { cut } from "./texts.js";

const PIECES = 500;
/** How a text arrives. */
export const ARRIVALS = ["at once", "in 500 pieces", "its end in small pieces"] as const;
type Arrival = (typeof ARRIVALS)[number];

const END = 3200;
const SMALL = 64;

export const inputs = (scale: number): string[] => Object.keys(hostile(scale));

export interface Result {
  /** js+layout of each frame in milliseconds, and script alone. */
  readonly costs: number[];
  readonly scripts: number[];
  /** It took too long: the rest of the text was left out. */
  readonly cutShort: boolean;
}

function arrive(text: string, arrival: Arrival): string[] {
  if (arrival === "at once") return [text];
  if (arrival === "in 500 pieces") return cut(text, Math.ceil(text.length / PIECES));
  const start = Math.max(0, text.length - END);
  return [text.slice(0, start), ...cut(text.slice(start), SMALL)].filter(Boolean);
}

/** Streams one input; no more than about `limit` milliseconds. */
export async function run(
  name: string,
  arrival: Arrival,
  contender: string,
  scale: number,
  limit: number,
): Promise<Result> {
  const text = hostile(scale)[name];
  const create = CONTENDERS[contender];
  if (text === undefined || !create) throw new Error(`no ${name} or ${contender}`);
  const started = performance.now();
  removePlaces();
  const pieces = arrive(text, arrival);
  const inTime = () => performance.now() - started < limit;
  const frames = await stream(create, place(), pieces, { seen: inTime });
  removePlaces();
  return {
    costs: frames.map(({ cost }) => cost),
    scripts: frames.map(({ script }) => script),
    cutShort: !inTime(),
  };
}
