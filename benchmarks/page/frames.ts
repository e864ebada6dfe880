/** One piece of text in each animation frame, and what each frame costs. */

import type { Contender, Schedule } from "./contenders.js";

/** Milliseconds of the main thread for one frame. */
export interface Frame {
  readonly script: number;
  /** Script, and the style and layout that were forced after it. */
  readonly cost: number;
}

/** A new place for an answer, as wide as in a notebook; with the classes of nbstream's. */
export function place(): HTMLElement {
  const view = document.createElement("div");
  view.className = "nbs-view";
  const el = document.createElement("div");
  el.className = "nbs-markdown";
  view.append(el);
  document.body.append(view);
  return el;
}

export function removePlaces(): void {
  document.body.replaceChildren();
}

/**
 * A dot that changes in every frame: a frame that looks like the one before is drawn at 60 Hz at
 * most, whatever the browser's flags say.
 */
const dot = document.documentElement.appendChild(document.createElement("div"));
dot.style.cssText = "position: fixed; top: 0; right: 0; width: 2px; height: 2px";
let tick = 0;

/**
 * Resolves inside of the next animation frame. What is awaited afterwards runs before the frame's
 * own style, layout and paint; those then update what `content-visibility: auto` skips.
 */
export function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}

export interface StreamOptions {
  /**
   * How many pieces come before the browser draws. More than one is for long streams: what a frame
   * costs is script, style and layout, which are forced for each piece; drawing is not measured.
   */
  readonly drawEvery?: number;
  /** Milliseconds before each frame is asked for: a notebook's frames have some between them. */
  readonly pause?: number;
  /** Called after each piece, with its index; false ends the stream. */
  readonly seen?: (index: number) => boolean;
}

/** Streams `pieces` into `el`, as if each were all that came for a frame. */
export async function stream(
  contender: Contender,
  el: HTMLElement,
  pieces: readonly string[],
  { drawEvery = 1, pause = 0, seen = () => true }: StreamOptions = {},
): Promise<Frame[]> {
  let later: (() => void)[] = [];
  const schedule: Schedule = (run) => void later.push(run);
  const target = contender(el, schedule);
  const frames: Frame[] = [];

  function frame(work: () => void): void {
    const start = performance.now();
    const due = later;
    later = [];
    for (const run of due) run();
    work();
    const script = performance.now();
    el.getBoundingClientRect();
    frames.push({ script: script - start, cost: performance.now() - start });
    dot.style.backgroundColor = tick++ % 2 ? "red" : "blue";
  }

  for (const [index, piece] of pieces.entries()) {
    if (index % drawEvery === 0) {
      if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
      await nextFrame();
    }
    frame(() => target.append(piece));
    if (!seen(index)) break;
  }
  await nextFrame();
  frame(() => target.finish());
  while (later.length) {
    await nextFrame();
    frame(() => {});
  }
  return frames;
}

/**
 * `count` of the frames that `pieces` would take, spread evenly. Only for a contender whose frames
 * do not depend on the ones before: all text up to a frame is given to it at once.
 */
export async function sample(
  contender: Contender,
  pieces: readonly string[],
  count: number,
): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let taken = 0; taken < count; taken++) {
    const index = Math.floor(((taken + 0.5) / count) * pieces.length);
    removePlaces();
    const [first] = await stream(contender, place(), [pieces.slice(0, index + 1).join("")]);
    if (first) frames.push(first);
  }
  return frames;
}
