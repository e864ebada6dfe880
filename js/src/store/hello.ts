/**
 * One hello for all streams that a page gets to know at about the same time: a hundred cells that
 * are run, or a notebook that is opened, would ask the kernel as often.
 */

import type { Channel } from "../host/channel.js";
import type { Clock } from "../host/clock.js";
import { hello, type Request } from "../protocol/requests.js";
import { pageName } from "./router.js";

type Send = (request: Request) => void;

/** How long (ms) a hello waits for others. */
const DELAY = 50;

/** By what sees to the widgets of a kernel: who waits, what it has, and how it reaches the kernel. */
const waiting = new WeakMap<object, Map<string, [have: number, send: Send]>>();

/** Has the next hello say what the page has of `stream`, unless the result is called before. */
export function greet(
  { owner }: Channel,
  clock: Clock,
  stream: string,
  have: number,
  send: Send,
): () => void {
  const known = waiting.get(owner);
  const group = known ?? new Map();
  group.set(stream, [have, send]);
  if (!known) {
    waiting.set(owner, group);
    const page = pageName();
    clock.after(DELAY, () => {
      waiting.delete(owner);
      const streams = [...group].map(([name, [seq]]) => [name, seq]);
      // The newest is the least likely to have been closed by the kernel.
      const request = hello(Object.fromEntries(streams), page, owner.kernel?.clientId);
      [...group.values()].at(-1)?.[1](request);
    });
  }
  return () => group.delete(stream);
}
