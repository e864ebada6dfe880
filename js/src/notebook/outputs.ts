/**
 * What the notebook keeps of an ended stream, where JupyterLab does not update it.
 *
 * In a page that was loaded while the stream ran it no longer knows which output the kernel's last
 * `update_display_data` is for (https://github.com/jupyterlab/jupyterlab/issues/2789): the page
 * asks the kernel. A kernel that is gone cannot answer: the page writes what it has itself.
 *
 * Nothing here is promised by JupyterLab (seen in 4.6): other hosts may have none of it.
 */

import type { Channel } from "../host/channel.js";
import { parseOutputs } from "../protocol/messages.js";
import { outputs as request } from "../protocol/requests.js";
import type { Outputs } from "../store/store.js";
import { watchCell } from "./cell.js";
import { type Remains, remainsOf } from "./remains.js";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const TEXT = "text/markdown";

type Bundle = Readonly<Record<string, unknown>>;

interface Output {
  readonly data: Bundle;
  readonly metadata: unknown;
  setData(options: { data: Bundle; metadata: unknown }): void;
}
interface List<Item> {
  readonly length: number;
  readonly changed?: { connect(run: () => void): void };
  get(index: number): Item;
}
interface Manager {
  context?: { isDisposed?: boolean; model?: { cells?: List<{ outputs?: List<Output> }> } };
}

/** The outputs that still show the stream's first state; a copied cell has one as well. */
function pending(manager: unknown, stream: string): [display: string, output: Output][] {
  const held: [string, Output][] = [];
  const cells = (manager as Manager | undefined)?.context?.model?.cells;
  for (let i = 0; i < (cells?.length ?? 0); i++) {
    const outputs = cells?.get(i).outputs;
    for (let j = 0; j < (outputs?.length ?? 0); j++) {
      const output = outputs?.get(j);
      const view = output?.data[WIDGET] as { nbstream_display?: unknown } | undefined;
      // A notebook may hold anything.
      const display = String(view?.nbstream_display);
      if (output && display.startsWith(stream)) held.push([display, output]);
    }
  }
  return held;
}

/** `run`, with a warning where the host is made differently. */
function tried<Given extends unknown[]>(run: (...given: Given) => void): (...given: Given) => void {
  return (...given) => {
    try {
      run(...given);
    } catch (error) {
      console.warn("nbstream: the output cannot be updated", error);
    }
  };
}

/** Tells whether nothing in the notebook belongs to the stream any more: its cell was deleted. */
export function watchOrphan(manager: unknown, cell: unknown, stream: string): () => boolean {
  const isDeleted = watchCell(manager, cell);
  return () => isDeleted() && !pending(manager, stream).length;
}

/** What to do when cells come back, by what shows a notebook. */
const returns = new WeakMap<object, Set<() => void>>();

/** Calls `run` whenever the notebook's cells have changed: a deleted one may have come back. */
function whenCellsReturn(manager: object, run: () => void): void {
  const known = returns.get(manager) ?? new Set();
  known.add(run);
  if (returns.has(manager)) return;
  returns.set(manager, known);
  // A cell has its outputs a moment later.
  const look = () => {
    setTimeout(() => {
      for (const write of known) write();
    });
  };
  (manager as Manager).context?.model?.cells?.changed?.connect(look);
}

/** Keeps the outputs of one stream up to date. */
export function keepOutputs(channel: Channel, manager: unknown): Outputs {
  const stream = String(channel.get("_stream"));
  /** What the outputs are in the end, as the kernel says, by display id. */
  let answer: Readonly<Record<string, Bundle>> = {};
  /** What the page has of a stream whose kernel is gone. */
  let remains: Remains | undefined;
  /** The outputs that hold these remains, and their text. */
  const kept = new Map<Output, string>();

  /** Gives an output the remains of the stream. */
  function keep(output: Output, data: Remains): void {
    output.setData({ data, metadata: output.metadata });
    kept.set(output, data[TEXT]);
  }

  const write = tried(() => {
    for (const [display, output] of pending(manager, stream)) {
      const data = answer[display];
      if (data) output.setData({ data, metadata: output.metadata });
      else if (remains) keep(output, remains);
    }
  });

  /** Gives the outputs what they are in the end: now, and when their deleted cell comes back. */
  function settle(): void {
    write();
    if (channel.isOrphan()) whenCellsReturn(channel.owner, write);
  }

  channel.onMessage((content) => {
    const message = parseOutputs(content);
    if (message?.stream !== stream) return;
    answer = message.outputs;
    settle();
  });
  return {
    ended: tried(() => {
      if (pending(manager, stream).length || channel.isOrphan()) channel.send(request(stream));
    }),
    lost: tried((state, local, now) => {
      // The kernel of a notebook that is closed may live on.
      if ((manager as Manager | undefined)?.context?.isDisposed) return;
      remains = remainsOf(state, local, now);
      for (const [output, before] of kept) {
        if (output.data[TEXT] === before) keep(output, remains);
        else kept.delete(output);
      }
      settle();
    }),
  };
}
