/**
 * What the notebook keeps of an ended stream, for a page that was loaded while it ran: JupyterLab
 * no longer knows there which output the kernel's last `update_display_data` is for.
 * https://github.com/jupyterlab/jupyterlab/issues/2789
 *
 * Nothing here is promised by JupyterLab (seen in 4.6): other hosts may have none of it.
 */

import type { Channel } from "./channel.js";
import { parseOutputs } from "./protocol.js";
import { outputs as request } from "./requests.js";

const WIDGET = "application/vnd.jupyter.widget-view+json";

type Bundle = Readonly<Record<string, unknown>>;

interface Output {
  readonly data: Bundle;
  readonly metadata: unknown;
  setData(options: { data: Bundle; metadata: unknown }): void;
}
interface List<Item> {
  readonly length: number;
  get(index: number): Item;
}
interface Manager {
  context?: { model?: { cells?: List<{ outputs?: List<Output> }> } };
}

/** The outputs that still hold what the stream was in the beginning, by display id. */
function pending(manager: unknown, stream: string): Map<string, Output> {
  const found = new Map<string, Output>();
  const cells = (manager as Manager | undefined)?.context?.model?.cells;
  for (let i = 0; i < (cells?.length ?? 0); i++) {
    const outputs = cells?.get(i).outputs;
    for (let j = 0; j < (outputs?.length ?? 0); j++) {
      const output = outputs?.get(j);
      const view = output?.data[WIDGET] as { nbstream_display?: string } | undefined;
      const display = view?.nbstream_display;
      if (output && display?.startsWith(stream)) found.set(display, output);
    }
  }
  return found;
}

/** Returns what to call when the stream has ended and its outputs had time to be updated. */
export function keepOutputs(channel: Channel, manager: unknown): () => void {
  const stream = String(channel.get("_stream"));
  const tried = (run: () => void) => () => {
    try {
      run();
    } catch (error) {
      console.warn("nbstream: the output cannot be updated", error);
    }
  };
  channel.onMessage((content) => {
    const message = parseOutputs(content);
    if (message?.stream !== stream) return;
    tried(() => {
      for (const [display, output] of pending(manager, stream)) {
        const data = message.outputs[display];
        if (data) output.setData({ data, metadata: output.metadata });
      }
    })();
  });
  return tried(() => {
    if (pending(manager, stream).size) channel.send(request(stream));
  });
}
