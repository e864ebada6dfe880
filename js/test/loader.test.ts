// @vitest-environment node
/** The module that each widget has: the front end is loaded once per page, and let go of. */

import { beforeEach, expect, test, vi } from "vitest";

const CODE = `globalThis.loads = (globalThis.loads ?? 0) + 1;
export const create = () => {
  const seen = [];
  return {
    initialize: ({ model }) => { seen.push(model.get("_stream")); },
    render: () => seen,
  };
};`;

const el = {} as HTMLElement;
const page = globalThis as { loads?: number };

/** What anywidget has of one widget: a copy of the module, and a model. */
async function widget(stream: string, code = CODE, version = "1") {
  vi.resetModules();
  const { default: loader } = await import("../src/loader.js");
  const state = new Map<string, unknown>([
    ["_stream", stream],
    ["_code", code],
    ["_css", "p {}"],
    ["_snapshot", { text: "long" }],
    ["_assets", version],
  ]);
  const model = {
    get: (name: string) => state.get(name),
    set: (name: string, value: unknown) => state.set(name, value),
    send: () => {},
    on: () => {},
    off: () => {},
  };
  const end = new AbortController();
  return { loader, state, end, context: { model, signal: end.signal } };
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
    await loader.initialize(context);
    shown.push(await loader.render({ ...context, el }));
  }
  expect(shown).toEqual([["a"], ["b"]]);
  expect(page.loads).toBe(1);
  const { loader, context } = await widget("c", `${CODE} // newer`, "2");
  await loader.initialize(context);
  expect(page.loads).toBe(2);
});

test("one that cannot be loaded does not stop the next", async () => {
  const broken = await widget("a", "throw new Error('no');");
  await expect(broken.loader.initialize(broken.context)).rejects.toThrow("no");
  const { loader, context } = await widget("b");
  await loader.initialize(context);
  expect(await loader.render({ ...context, el })).toEqual(["b"]);
});

test("a closed model keeps nothing that is big", async () => {
  const { loader, state, end, context } = await widget("a");
  await loader.initialize(context);
  expect(state.get("_code")).toBe(CODE);
  end.abort();
  expect(["_code", "_css", "_snapshot"].map((name) => state.get(name))).toEqual([null, null, null]);
});
