/**
 * The anywidget module (https://anywidget.dev/en/afm/): takes the front end from the page, or puts
 * it there. A page keeps every module that it has loaded for as long as it lives, and anywidget
 * loads one for each widget, so this one is small:
 * https://html.spec.whatwg.org/multipage/webappapis.html#module-map
 *
 * The code itself travels once for each page, with one of its widgets. A page that missed it asks.
 */

import type { create, Early, Hear } from "./index.js";
import type * as Notebook from "./notebook/notebook.js";

type Widget = ReturnType<typeof create>;
interface Context {
  readonly model: {
    get(name: string): unknown;
    set(name: string, value: unknown): void;
    send(content: unknown): void;
  };
  readonly signal?: AbortSignal | undefined;
}

/** One version of the front end in this page. */
interface Shared {
  /** The code, compressed, once a widget has it. */
  code?: BufferSource;
  give(code: BufferSource): void;
  readonly loaded: Promise<{
    readonly create: typeof create;
    readonly css: string;
    readonly notebook: typeof Notebook;
  }>;
  /** When the kernel may be asked for the code (again). */
  due: number;
}

/** What widgets of other versions share, too: it keeps its form. */
const KEY: unique symbol = Symbol.for("nbstream.loaded.2");
const scope = globalThis as { [KEY]?: Map<unknown, Shared> };

/** How long (ms) to wait for a widget that brings the code, and how many times longer each time. */
const PATIENCE = 250;
const LONGER = 4;

function sharedBy({ model }: Context): Shared {
  scope[KEY] ??= new Map();
  const [versions, version] = [scope[KEY], model.get("_assets")];
  const known = versions.get(version);
  if (known) return known;
  let give!: Shared["give"];
  const arrived = new Promise<BufferSource>((resolve) => {
    give = (code) => {
      shared.code ??= code;
      resolve(code);
    };
  });
  const shared: Shared = { give, loaded: arrived.then(unpack).then(run), due: 0 };
  versions.set(version, shared);
  shared.loaded.catch(() => versions.delete(version));
  return shared;
}

/** The text of what was compressed by gzip. */
function unpack(packed: BufferSource): Promise<string> {
  const { body } = new Response(packed);
  return new Response(body?.pipeThrough(new DecompressionStream("gzip"))).text();
}

function run(code: string): Shared["loaded"] {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  return import(/* @vite-ignore */ url).finally(() => URL.revokeObjectURL(url));
}

/** Asks the kernel for the code until some widget has it; only one asks at a time. */
function ask(shared: Shared, { model, signal }: Context, delay = PATIENCE): void {
  setTimeout(() => {
    if (shared.code || signal?.aborted) return;
    const longer = delay * LONGER;
    if (Date.now() >= shared.due) {
      shared.due = Date.now() + longer;
      try {
        model.send({ v: 1, kind: "asset", stream: model.get("_stream"), name: "front-end" });
      } catch {
        return; // The kernel of this one is gone.
      }
    }
    ask(shared, { model, signal }, longer);
  }, delay);
}

/** Each widget has a copy of this module, and so its own. */
let widget: Promise<Widget> | undefined;

function open(context: Context): Promise<Widget> {
  if (!widget) {
    const shared = sharedBy(context);
    const code = context.model.get("_code") as BufferSource | "" | null;
    if (code) shared.give(code);
    else ask(shared, context);
    widget = shared.loaded.then(({ create, css, notebook }) => create(css, notebook));
  }
  return widget;
}

/**
 * What a closed model need not keep: JupyterLab 4.6 keeps its comm, and so the model, until the
 * kernel ends.
 * https://github.com/jupyterlab/jupyterlab/blob/v4.6.6/packages/services/src/kernel/comm.ts
 */
const HEAVY = ["_code", "_snapshot"];

function forget({ model, signal }: Context): void {
  signal?.addEventListener("abort", () => {
    for (const name of HEAVY) model.set(name, null);
  });
}

export default {
  // At once: anywidget hands no message to a model that takes longer than 2 s to initialise, and a
  // slow page takes that long to load the front end. What comes meanwhile is kept for it.
  initialize(context: Context & Parameters<Widget["initialize"]>[0]): void {
    const { model, signal } = context;
    const shared = sharedBy(context);
    const early: Early = [];
    const keep: Hear = (...message) => {
      early.push(message);
      const [content, [code] = []] = message;
      if (code && (content as { name?: unknown }).name === "front-end")
        shared.give(code as DataView<ArrayBuffer>);
    };
    model.on("msg:custom", keep);
    forget(context);
    open(context)
      .then((loaded) => {
        model.off("msg:custom", keep);
        if (signal?.aborted) return;
        // A notebook that is saved with this widget's state shows it without a kernel.
        if (!model.get("_code")) model.set("_code", shared.code);
        loaded.initialize(context, early);
      })
      .catch((error) => {
        if (!signal?.aborted) console.error("nbstream cannot be loaded", error);
      });
  },
  async render(context: Context & Parameters<Widget["render"]>[0]) {
    return (await open(context)).render(context);
  },
};
