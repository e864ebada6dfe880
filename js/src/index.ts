/** The anywidget module (https://anywidget.dev/en/afm/): wiring only. */

import { browserClock } from "./clock.js";
import { type Channel, Store } from "./store.js";
import { holdHeight, warmMarkdown } from "./swap.js";
import { mountView } from "./view/view.js";

interface Model {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, callback: (content: unknown) => void): void;
  off(event: string, callback: (content: unknown) => void): void;
  readonly widget_manager?: unknown;
}

/** anywidget 0.11 gives each call its own wrapper of the model: the stream's name tells them apart. */
const stores = new Map<unknown, Store>();

function channel(model: Model, signal: AbortSignal | undefined): Channel {
  const listen = (event: string, callback: (content: unknown) => void) => {
    model.on(event, callback);
    signal?.addEventListener("abort", () => model.off(event, callback));
  };
  return {
    get: (trait) => model.get(trait),
    send: (request) => model.send(request),
    onMessage: (receive) => listen("msg:custom", receive),
    onConnection: (changed) => listen("comm_live_update", changed),
  };
}

function open(model: Model, signal: AbortSignal | undefined): Store {
  const store = new Store(channel(model, signal), browserClock);
  const stream = store.state.stream;
  stores.set(stream, store);
  signal?.addEventListener("abort", () => {
    store.dispose();
    if (stores.get(stream) === store) stores.delete(stream);
  });
  return store;
}

// Synchronous: a model that takes longer than 2 s to initialise never gets a message.
function initialize({ model, signal }: { model: Model; signal?: AbortSignal }): void {
  open(model, signal);
}

function render({ model, el, signal }: { model: Model; el: HTMLElement; signal?: AbortSignal }) {
  const store = stores.get(String(model.get("_stream"))) ?? open(model, undefined);
  const view = new AbortController();
  signal?.addEventListener("abort", () => view.abort());
  warmMarkdown(model.widget_manager);
  mountView(el, store, view.signal);
  holdHeight(el, view.signal);
  return () => view.abort();
}

export default { initialize, render };
