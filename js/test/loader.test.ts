// @vitest-environment node
/** The module that each widget has: the front end is loaded once per page, and let go of. */

import { gzipSync } from "node:zlib";
import { beforeEach, expect, test, vi } from "vitest";

const CODE = `globalThis.loads = (globalThis.loads ?? 0) + 1;
export const css = "p {}";
export const create = (style) => {
  if (style !== css) throw new Error("not given its style sheet");
  const seen = [];
  return {
    initialize: ({ model }, early) => { seen.push(model.get("_stream"), ...early.flat()); },
    render: () => seen,
  };
};`;

type Hear = (content: unknown) => void;
const el = {} as HTMLElement;
const page = globalThis as { loads?: number };

/** As the widget managers of Jupyter give the buffers of a state. */
const pack = (code: string) => new DataView(new Uint8Array(gzipSync(code)).buffer);

/** What anywidget has of one widget: a copy of the module, and a model. */
async function widget(stream: string, code = CODE, version = "1") {
  vi.resetModules();
  const { default: loader } = await import("../src/loader.js");
  const state = new Map<string, unknown>([
    ["_stream", stream],
    ["_code", pack(code)],
    ["_snapshot", { text: "long" }],
    ["_assets", version],
  ]);
  const model = {
    get: (name: string) => state.get(name),
    set: (name: string, value: unknown) => state.set(name, value),
    send: () => {},
    on: (_: string, hear: Hear) => listeners.add(hear),
    off: (_: string, hear: Hear) => listeners.delete(hear),
  };
  const listeners = new Set<Hear>();
  const emit = (...message: Parameters<Hear>) => {
    for (const hear of listeners) hear(...message);
  };
  const end = new AbortController();
  return { loader, state, end, emit, context: { model, signal: end.signal } };
}

beforeEach(() => {
  delete page.loads;
  Reflect.deleteProperty(globalThis, Symbol.for("nbstream.loaded.1"));
  // Node imports no blob.
  URL.createObjectURL = (blob) =>
    `data:text/javascript,${encodeURIComponent(texts.get(blob) ?? "")}`;
  URL.revokeObjectURL = () => {};
});

const texts = new WeakMap<object, string>();
class TextBlob {
  constructor([text]: string[]) {
    texts.set(this, text ?? "");
  }
}
Object.assign(globalThis, { Blob: TextBlob });

test("is loaded once for all widgets of a version, and each has its own", async () => {
  const shown = [];
  for (const stream of ["a", "b"]) {
    const { loader, context } = await widget(stream);
    loader.initialize(context);
    shown.push(await loader.render({ ...context, el }));
  }
  expect(shown).toEqual([["a"], ["b"]]);
  expect(page.loads).toBe(1);
  const { loader, context } = await widget("c", `${CODE} // newer`, "2");
  loader.initialize(context);
  await vi.waitFor(() => expect(page.loads).toBe(2));
});

test("what comes while it is loaded is heard then, and after that by it alone", async () => {
  const { loader, emit, context } = await widget("a");
  loader.initialize(context);
  emit("first");
  emit("second");
  const shown = await loader.render({ ...context, el });
  emit("third");
  expect(shown).toEqual(["a", "first", "second"]);
});

test.each([
  ["one that cannot be loaded", pack("throw new Error('no');")],
  ["a closed one that forgot its code", null],
  ["a closed one that was emptied by the kernel", ""],
])("%s does not stop the next", async (_, code) => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const broken = await widget("a");
  broken.state.set("_code", code);
  broken.loader.initialize(broken.context);
  await vi.waitFor(() => expect(said).toHaveBeenCalledOnce());
  said.mockRestore();
  const { loader, context } = await widget("b");
  loader.initialize(context);
  expect(await loader.render({ ...context, el })).toEqual(["b"]);
});

test("a closed model keeps nothing that is big", async () => {
  const { loader, state, end, context } = await widget("a");
  loader.initialize(context);
  // A DataView has no fields to compare.
  const { buffer } = state.get("_code") as DataView;
  expect(new Uint8Array(buffer)).toEqual(new Uint8Array(pack(CODE).buffer));
  end.abort();
  expect(["_code", "_snapshot"].map((name) => state.get(name))).toEqual([null, null]);
});
