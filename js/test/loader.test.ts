// @vitest-environment node
/** The module that each widget has: the front end is loaded once per page, and let go of. */

import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PATIENCE } from "./patience.js";

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

type Hear = (content: unknown, buffers?: readonly DataView[]) => void;
const el = {} as HTMLElement;
const page = globalThis as { loads?: number };

/** As the widget managers of Jupyter give the buffers of a state. */
const pack = (code: string) => new DataView(new Uint8Array(gzipSync(code)).buffer);

/** What anywidget has of one widget: a copy of the module, and a model. */
async function widget(stream: string, code: string | null = CODE, version = "1") {
  vi.resetModules();
  const { default: loader } = await import("../src/loader.js");
  const state = new Map<string, unknown>([
    ["_stream", stream],
    ["_code", code === null ? null : pack(code)],
    ["_snapshot", { text: "long" }],
    ["_assets", version],
  ]);
  const model = {
    get: (name: string) => state.get(name),
    set: (name: string, value: unknown) => state.set(name, value),
    send: (request: object) => sent.push(request),
    on: (_: string, hear: Hear) => listeners.add(hear),
    off: (_: string, hear: Hear) => listeners.delete(hear),
  };
  const listeners = new Set<Hear>();
  const sent: object[] = [];
  const emit = (...message: Parameters<Hear>) => {
    for (const hear of listeners) hear(...message);
  };
  const end = new AbortController();
  return { loader, state, end, emit, sent, context: { model, signal: end.signal } };
}

beforeEach(() => {
  delete page.loads;
  Reflect.deleteProperty(globalThis, Symbol.for("nbstream.loaded.2"));
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
  await vi.waitFor(() => expect(page.loads).toBe(2), PATIENCE);
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

test("one that cannot be loaded does not stop the next", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const broken = await widget("a", "throw new Error('no');");
  broken.loader.initialize(broken.context);
  await vi.waitFor(() => expect(said).toHaveBeenCalledOnce(), PATIENCE);
  said.mockRestore();
  const { loader, context } = await widget("b");
  loader.initialize(context);
  expect(await loader.render({ ...context, el })).toEqual(["b"]);
});

describe("a widget that came without the code", () => {
  const request = { v: 1, kind: "asset", stream: "a", name: "front-end" };
  const answer = [{ v: 1, kind: "asset", name: "front-end" }, [pack(CODE)]] as const;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What those show that come after it, and it itself. */
  async function all(...widgets: Awaited<ReturnType<typeof widget>>[]) {
    vi.useRealTimers();
    return Promise.all(widgets.map(({ loader, context }) => loader.render({ ...context, el })));
  }

  test.each([null, ""])("uses that of another, whichever comes first (%j)", async (nothing) => {
    const code = `${CODE} // ${nothing}`; // Node runs what it has seen no second time
    const widgets = [await widget("a", null), await widget("b", code), await widget("c", null)];
    widgets[0]?.state.set("_code", nothing);
    for (const { loader, context } of widgets) loader.initialize(context);
    vi.advanceTimersByTime(100_000);
    expect(await all(...widgets)).toEqual([["a"], ["b"], ["c"]]);
    expect(widgets.flatMap(({ sent }) => sent)).toEqual([]);
    expect(page.loads).toBe(1);
  });

  test("keeps it for a notebook that is saved with its state", async () => {
    const { loader, context } = await widget("a");
    loader.initialize(context);
    const later = await widget("b", null);
    later.loader.initialize(later.context);
    await all(later);
    expect(later.state.get("_code")).toEqual(pack(CODE));
  });

  test("asks for it, one for all, until it comes", async () => {
    const widgets = [await widget("a", null), await widget("b", null)];
    for (const { loader, context } of widgets) loader.initialize(context);
    vi.advanceTimersByTime(249);
    expect(widgets[0]?.sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(widgets[0]?.sent).toEqual([request]);
    vi.advanceTimersByTime(60_000);
    const count = widgets.flatMap(({ sent }) => sent).length;
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(7);
    widgets[1]?.emit(...answer);
    expect(await all(...widgets)).toEqual([["a"], ["b", ...answer]]);
  });

  test("gives up where the kernel is gone, and another asks", async () => {
    const [gone, other] = [await widget("x", null), await widget("a", null)];
    gone.context.model.send = () => {
      throw new Error("Kernel is dead");
    };
    for (const { loader, context } of [gone, other]) loader.initialize(context);
    vi.advanceTimersByTime(100_000);
    expect(other.sent.length).toBeGreaterThan(0);
  });

  test("does not ask once it is closed, and the next does", async () => {
    const closed = await widget("x", null);
    closed.loader.initialize(closed.context);
    closed.end.abort();
    const { loader, context, sent, emit } = await widget("a", null);
    loader.initialize(context);
    vi.advanceTimersByTime(250);
    expect([closed.sent, sent]).toEqual([[], [request]]);
    emit(...answer);
    vi.useRealTimers();
    expect(await loader.render({ ...context, el })).toEqual(["a", ...answer]);
  });
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
