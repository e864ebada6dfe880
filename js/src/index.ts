/** One widget's front end, for `loader.ts`: wiring only. */

import { holdHeight, warmMarkdown } from "./handover/handover.js";
import type { Channel, Owner } from "./host/channel.js";
import { browserClock } from "./host/clock.js";
import { createControl } from "./host/subshell.js";
import { type AssetsOf, createAssets } from "./lazy/assets.js";
import type * as Notebook from "./notebook/notebook.js";
import { createImages, type Images } from "./store/images.js";
import { Store } from "./store/store.js";
import { adoptStyle } from "./view/style.js";
import { mountView } from "./view/view.js";

/** Takes a custom message: its content and buffers. */
export type Hear = (content: unknown, buffers?: readonly DataView[]) => void;

interface Model {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, callback: Hear): void;
  off(event: string, callback: Hear): void;
  readonly widget_manager?: Owner;
}

/** The messages that came before there was anybody to hear them. */
export type Early = Parameters<Hear>[];

interface Context {
  readonly model: Model;
  readonly signal?: AbortSignal | undefined;
}

interface Opened {
  readonly store: Store;
  readonly assetsOf: AssetsOf;
  readonly images: Images;
}

function channel(
  model: Model,
  signal: AbortSignal,
  heard: Hear[],
  { watchKernel, watchOrphan }: typeof Notebook,
): Channel {
  const listen = (event: string, callback: Hear) => {
    model.on(event, callback);
    signal.addEventListener("abort", () => model.off(event, callback));
  };
  return {
    owner: model.widget_manager ?? (model as object),
    get: (trait) => model.get(trait),
    send: (request) => model.send(request),
    onMessage: (receive) => {
      heard.push(receive);
      listen("msg:custom", receive);
    },
    onConnection: (changed) => listen("comm_live_update", changed),
    onNews: (tell) => watchKernel(model.widget_manager, tell, signal),
    control: (tell) => createControl(model.widget_manager, tell),
    isOrphan: watchOrphan(model.widget_manager, model.get("_cell"), String(model.get("_stream"))),
  };
}

/** What anywidget calls for one widget, whose views have the style sheet `css`. */
export function create(css: string, notebook: typeof Notebook) {
  /** anywidget 0.11 gives each call its own wrapper of the model: the stream's name tells them apart. */
  const models = new Map<unknown, Opened>();

  function open(model: Model, closed?: AbortSignal, early: Early = []): Opened {
    const heard: Hear[] = [];
    // The page keeps this module, and so would keep all that a closed notebook has shown.
    const end = new AbortController();
    const { signal } = end;
    closed?.addEventListener("abort", () => end.abort());
    notebook.watchDocument(model.widget_manager, () => end.abort(), signal);
    const line = channel(model, signal, heard, notebook);
    const outputs = notebook.keepOutputs(line, model.widget_manager);
    const store = new Store(line, browserClock, outputs);
    const stream = store.state.stream;
    const opened = {
      store,
      assetsOf: createAssets(line, browserClock, signal),
      images: createImages(line, browserClock, () => store.changed(), signal),
    };
    models.set(stream, opened);
    signal.addEventListener("abort", () => {
      store.dispose();
      if (models.get(stream) === opened) models.delete(stream);
    });
    for (const message of early) for (const hear of heard) hear(...message);
    return opened;
  }

  function initialize({ model, signal }: Context, early: Early): void {
    open(model, signal, early);
  }

  function render({ model, el, signal }: Context & { el: HTMLElement }) {
    const { store, assetsOf, images } = models.get(String(model.get("_stream"))) ?? open(model);
    const view = new AbortController();
    signal?.addEventListener("abort", () => view.abort());
    warmMarkdown(model.widget_manager);
    const style = () => adoptStyle(el, css);
    mountView(el, store, view.signal, assetsOf(view.signal), images, style);
    holdHeight(el, view.signal);
    return () => view.abort();
  }

  return { initialize, render };
}
