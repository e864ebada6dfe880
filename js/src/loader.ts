/**
 * The anywidget module (https://anywidget.dev/en/afm/): takes the front end from the page, or puts
 * it there. A page keeps every module that it has loaded for as long as it lives, and anywidget
 * loads one for each widget, so this one is small:
 * https://html.spec.whatwg.org/multipage/webappapis.html#module-map
 */

import type { create, Early, Hear } from "./index.js";

type Widget = ReturnType<typeof create>;
type Loaded = Promise<{ readonly create: typeof create; readonly css: string }>;
interface Context {
  readonly model: { get(name: string): unknown; set(name: string, value: unknown): void };
  readonly signal?: AbortSignal | undefined;
}

/** What widgets of other versions share, too: it keeps its form. */
const KEY: unique symbol = Symbol.for("nbstream.loaded.1");
const scope = globalThis as { [KEY]?: Map<unknown, Loaded> };

function load({ model }: Context): Loaded {
  scope[KEY] ??= new Map();
  const [loaded, version] = [scope[KEY], model.get("_assets")];
  const known = loaded.get(version);
  if (known) return known;
  const fresh = unpack(model.get("_code") as BufferSource | null).then(run);
  loaded.set(version, fresh);
  fresh.catch(() => loaded.delete(version));
  return fresh;
}

/** The text of what was compressed by gzip; rejected where a model holds nothing any more. */
function unpack(packed: BufferSource | null): Promise<string> {
  const { body } = new Response(packed ?? "");
  return new Response(body?.pipeThrough(new DecompressionStream("gzip"))).text();
}

function run(code: string): Loaded {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  return import(/* @vite-ignore */ url).finally(() => URL.revokeObjectURL(url));
}

/** Each widget has a copy of this module, and so its own. */
let widget: Promise<Widget> | undefined;

function open(context: Context): Promise<Widget> {
  widget ??= load(context).then(({ create, css }) => create(css));
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
    const early: Early = [];
    const keep: Hear = (...message) => early.push(message);
    model.on("msg:custom", keep);
    forget(context);
    open(context)
      .then((loaded) => {
        model.off("msg:custom", keep);
        if (!signal?.aborted) loaded.initialize(context, early);
      })
      .catch((error) => {
        // One that was closed meanwhile holds none any more.
        if (!signal?.aborted) console.error("nbstream cannot be loaded", error);
      });
  },
  async render(context: Context & Parameters<Widget["render"]>[0]) {
    return (await open(context)).render(context);
  },
};
