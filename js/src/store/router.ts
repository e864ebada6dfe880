/**
 * All streams of this page: a message of one widget may bring frames for any of them, so that the
 * kernel needs one message for all. In Colab every output is a page of its own.
 */

import type { Frame } from "../protocol/messages.js";

type Receive = (frames: readonly Frame[]) => void;

interface Page {
  readonly name: string;
  /** Two documents of one kernel may show the same stream. */
  readonly streams: Map<string, Set<Receive>>;
}

/** Widgets of another version have a copy of this module: what they share keeps its form. */
const KEY: unique symbol = Symbol.for("nbstream.page.1");
const scope = globalThis as { [KEY]?: Page };

function page(): Page {
  scope[KEY] ??= {
    name: Math.random().toString(36).slice(2),
    streams: new Map(),
  };
  return scope[KEY];
}

/** Tells this page from others, which other messages reach. */
export const pageName = (): string => page().name;

/** Gives `receive` each message for `stream`, from any widget, until the result is called. */
export function join(stream: string, receive: Receive): () => void {
  const { streams } = page();
  const joined = streams.get(stream) ?? new Set();
  streams.set(stream, joined.add(receive));
  return () => {
    joined.delete(receive);
    if (!joined.size && streams.get(stream) === joined) streams.delete(stream);
  };
}

/** Hands each frame to those who show its stream; nobody may. */
export function deliver(frames: readonly Frame[]): void {
  const byStream = new Map<string, Frame[]>();
  for (const frame of frames) {
    const known = byStream.get(frame.stream);
    if (known) known.push(frame);
    else byStream.set(frame.stream, [frame]);
  }
  for (const [stream, own] of byStream)
    for (const receive of page().streams.get(stream) ?? []) receive(own);
}
