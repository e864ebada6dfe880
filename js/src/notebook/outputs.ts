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
import { parseImage, parseOutputs } from "../protocol/messages.js";
import { outputs as request } from "../protocol/requests.js";
import type { Outputs } from "../store/store.js";
import { streamsIn } from "./boxes.js";
import { watchCell } from "./cell.js";
import { type Picture, remainsOf } from "./remains.js";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const TEXT = "text/markdown";
const PLAIN = "text/plain";

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

/** What a widget's output names: its model, and ours the display that it waits to be updated for. */
interface View {
  readonly model_id?: unknown;
  readonly nbstream_display?: unknown;
}

/** The notebook's outputs that show a widget. A notebook may hold anything. */
function* widgets(manager: unknown): Generator<[output: Output, view: View]> {
  const cells = (manager as Manager | undefined)?.context?.model?.cells;
  for (let i = 0; i < (cells?.length ?? 0); i++) {
    const outputs = cells?.get(i).outputs;
    for (let j = 0; j < (outputs?.length ?? 0); j++) {
      const output = outputs?.get(j);
      const view = output?.data[WIDGET];
      if (output && view) yield [output, view];
    }
  }
}

/** The outputs that still show the stream's first state; a copied cell has one as well. */
function pending(manager: unknown, stream: string): [display: string, output: Output][] {
  const outputs: [string, Output][] = [];
  for (const [output, view] of widgets(manager)) {
    const display = String(view.nbstream_display);
    if (display.startsWith(stream)) outputs.push([display, output]);
  }
  return outputs;
}

/** `run`, with a warning where the host is made differently. */
function tried<Given extends unknown[]>(run: (...given: Given) => void): (...given: Given) => void {
  return (...given) => {
    try {
      run(...given);
    } catch (error) {
      warn(error);
    }
  };
}

const warn = (error: unknown) => console.warn("nbstream: the output cannot be updated", error);

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

/** What a notebook keeps of streams whose kernel is gone. */
class Keeper {
  readonly #remains = new Map<string, Bundle>();
  /** The outputs that hold remains, whose, and the text that tells that they still do. */
  readonly #kept = new Map<Output, { streams: readonly string[]; text: unknown }>();
  #looks = false;

  constructor(private readonly manager: unknown) {}

  /** Gives what is left of `stream` to all outputs that show it. */
  keep(stream: string, remains: Bundle): void {
    this.#remains.set(stream, remains);
    for (const [output, { streams, text }] of this.#kept) {
      if (output.data[TEXT] === text) this.#write(output, streams);
      else this.#kept.delete(output);
    }
    this.settle(stream);
    if (this.#looks) return;
    this.#looks = true;
    // All streams of a kernel hear of its end at once.
    setTimeout(() => {
      this.#looks = false;
      this.#replaceWidgets().catch(warn);
    });
  }

  /** Gives what is kept of `stream` to the outputs that wait for its end. */
  settle(stream: string): void {
    if (!this.#remains.has(stream)) return;
    for (const [, output] of pending(this.manager, stream)) this.#write(output, [stream]);
  }

  /** The outputs that show streams for good, or inside of other widgets: both die with the kernel. */
  async #replaceWidgets(): Promise<void> {
    for (const [output, view] of widgets(this.manager)) {
      const known = (id: string) => this.#remains.has(id);
      const streams = await streamsIn(this.manager, String(view.model_id), known);
      const { [WIDGET]: now, ...rest } = output.data;
      // Something else may be there by now.
      if (!streams.length || (now as View | undefined)?.model_id !== view.model_id) continue;
      // The text that its kernel has made of an ended stream.
      if (streams[0] === view.model_id && rest[TEXT]) setData(output, rest);
      else this.#write(output, streams);
    }
  }

  #write(output: Output, streams: readonly string[]): void {
    const bundles = streams.map((stream) => this.#remains.get(stream));
    const textOf = (type: string) => bundles.map((bundle) => bundle?.[type] ?? "").join("\n\n");
    setData(output, { [TEXT]: textOf(TEXT), [PLAIN]: textOf(PLAIN) });
    this.#kept.set(output, { streams, text: output.data[TEXT] });
  }
}

const keepers = new WeakMap<object, Keeper>();

function setData(output: Output, data: Bundle): void {
  output.setData({ data, metadata: output.metadata });
}

/** Whether an output shows the stream inside of another widget. */
async function isInBox(manager: unknown, stream: string): Promise<boolean> {
  for (const [, { model_id: id }] of widgets(manager)) {
    if (id === stream) continue;
    if ((await streamsIn(manager, String(id), (one) => one === stream)).length) return true;
  }
  return false;
}

/** Keeps the outputs of one stream up to date. */
export function keepOutputs(channel: Channel, manager: unknown): Outputs {
  const stream = String(channel.get("_stream"));
  const keeper = keepers.get(channel.owner) ?? new Keeper(manager);
  keepers.set(channel.owner, keeper);
  /** What the outputs are in the end, as the kernel says, by display id. */
  let answer: Readonly<Record<string, Bundle>> = {};
  /** The frames of images that are here, by part. */
  const pictures = new Map<string, Picture>();

  const write = tried(() => {
    for (const [display, output] of pending(manager, stream)) {
      const data = answer[display];
      if (data) setData(output, data);
    }
    keeper.settle(stream);
  });

  /** Gives the outputs what they are in the end: now, and when their deleted cell comes back. */
  function settle(): void {
    write();
    if (channel.isOrphan()) whenCellsReturn(channel.owner, write);
  }

  channel.onMessage((content, buffers) => {
    const image = parseImage(content);
    if (image?.stream === stream && buffers?.[0])
      pictures.set(image.part, { format: image.format, bytes: buffers[0] });
    const message = parseOutputs(content);
    if (message?.stream !== stream) return;
    answer = message.outputs;
    pictures.clear();
    settle();
  });
  return {
    ended: tried(() => {
      const ask = () => channel.send(request(stream));
      if (pending(manager, stream).length || channel.isOrphan()) ask();
      else isInBox(manager, stream).then((is) => is && ask(), warn);
    }),
    lost: tried((state, local, now) => {
      // The kernel of a notebook that is closed may live on.
      if ((manager as Manager | undefined)?.context?.isDisposed) return;
      const [said] = Object.values(answer);
      keeper.keep(stream, said ?? remainsOf(state, local, now, pictures));
      settle();
    }),
  };
}
