import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAssets } from "../src/assets.js";
import type { Heavy } from "../src/heavy.js";
import { FakeChannel, FakeClock } from "./fakes.js";

const HIGHLIGHT = "export const highlighter = { open: (language) => language + '!' };";
const MATH = "export const math = { render: () => null };";

const encode = (text: string): DataView => {
  // Within a larger buffer, as it arrives.
  const bytes = new TextEncoder().encode(`##${text}##`);
  return new DataView(bytes.buffer, 2, bytes.length - 4);
};

vi.setConfig({ testTimeout: 30_000 });

let clock: FakeClock;
let imported: string[];
let blobs: Map<string, Blob>;
let version = 0;
let warn: ReturnType<typeof vi.spyOn>;

/** Node knows no modules in blobs; what the blob holds is imported in another form. */
async function importModule(url: string): Promise<Record<string, unknown>> {
  imported.push(url);
  const source = (await blobs.get(url)?.text()) ?? "";
  return import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`);
}

class Widget {
  readonly model = new AbortController();
  readonly view = new AbortController();
  readonly channel: FakeChannel;
  readonly parts: Heavy;
  readonly ready = vi.fn();

  constructor(
    readonly stream: string,
    create = createAssets,
    page = `page ${version}`,
  ) {
    this.channel = new FakeChannel(stream, null, page);
    const assetsOf = create(this.channel, clock, this.model.signal, importModule);
    this.parts = assetsOf(this.view.signal);
  }

  get(ready: () => void = this.ready) {
    return this.parts.get("highlight", ready);
  }

  math() {
    return this.parts.get("math", this.ready);
  }

  asked(name = "highlight"): number {
    return this.channel.sent.filter((r) => r.kind === "asset" && r.name === name).length;
  }

  answer(source: string | null = HIGHLIGHT, name = "highlight", more = {}): void {
    const buffers = source === null ? [] : [encode(source)];
    this.channel.receive({ v: 1, kind: "asset", name, ...more }, buffers);
  }
}

const some = (count: number) => Array.from({ length: count }, (_, n) => new Widget(`s${n}`));
const asked = (widgets: Widget[], name = "highlight") => widgets.map((w) => w.asked(name));
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });
/** Until what was received has become a part, or a warning. */
const told = (widget: Widget) => until(() => expect(widget.ready).toHaveBeenCalled());
const warned = () => until(() => expect(warn).toHaveBeenCalled());

beforeEach(() => {
  version += 1;
  clock = new FakeClock();
  imported = [];
  blobs = new Map();
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    const url = `blob:${blobs.size}`;
    blobs.set(url, blob as Blob);
    return url;
  });
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("nothing is asked for until something is shown that needs it", () => {
  const [widget] = some(1);
  expect(widget?.channel.sent).toEqual([]);
});

describe("once per page", () => {
  test("ten widgets, one request, one module, and each is told", async () => {
    const widgets = some(10);
    for (const widget of widgets) expect(widget.get()).toBeNull();
    for (const widget of widgets) expect(widget.get()).toBeNull();
    expect(asked(widgets)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(widgets[0]?.channel.sent).toEqual([
      { v: 1, kind: "asset", stream: "s0", name: "highlight" },
    ]);
    widgets[0]?.answer();
    for (const widget of widgets) await told(widget);
    for (const { ready } of widgets) expect(ready).toHaveBeenCalledOnce();
    expect(imported).toHaveLength(1);
    const parts = widgets.map((widget) => widget.get());
    expect(parts[0]?.open("python")).toBe("python!");
    expect(new Set(parts).size).toBe(1);
    const later = new Widget("later");
    expect(later.get()).toBe(parts[0]);
    expect(asked([...widgets, later])).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(clock.waiting).toBe(0);
  });

  test("though every widget has its own copy of this code", async () => {
    const widgets = some(1);
    for (let n = 0; n < 3; n += 1) {
      vi.resetModules();
      const copy = await import("../src/assets.js");
      expect(copy.createAssets).not.toBe(createAssets);
      widgets.push(new Widget(`copy${n}`, copy.createAssets));
    }
    for (const widget of widgets) widget.get();
    expect(asked(widgets)).toEqual([1, 0, 0, 0]);
    widgets[0]?.answer();
    for (const widget of widgets) await told(widget);
    expect(new Set(widgets.map((widget) => widget.get())).size).toBe(1);
  });

  test("but two versions of nbstream have nothing in common", async () => {
    const widgets = [new Widget("a"), new Widget("b", createAssets, `other ${version}`)] as const;
    for (const widget of widgets) widget.get();
    expect(asked([...widgets])).toEqual([1, 1]);
    widgets[0].answer();
    await told(widgets[0]);
    expect(widgets[1].get()).toBeNull();
    expect(widgets[1].ready).not.toHaveBeenCalled();
  });

  test("the blob is not kept", async () => {
    const [widget] = some(1) as [Widget];
    widget.get();
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    widget.answer();
    await told(widget);
    expect(revoke).toHaveBeenCalledExactlyOnceWith(imported[0]);
  });
});

describe("who asked is gone:", () => {
  test("another widget asks at once", () => {
    const widgets = some(3) as [Widget, Widget, Widget];
    for (const widget of widgets) widget.get();
    widgets[0].model.abort();
    expect(asked(widgets)).toEqual([1, 1, 0]);
    widgets[1].channel.connection();
    expect(asked(widgets)).toEqual([1, 1, 1]);
  });

  test("nobody asks if nobody else needs it", () => {
    const widgets = some(2) as [Widget, Widget];
    widgets[0].get();
    widgets[0].model.abort();
    clock.pass(600_000);
    expect(asked(widgets)).toEqual([1, 0]);
    expect(clock.waiting).toBe(0);
  });

  test("a view that has ended does not end the request", async () => {
    const widgets = some(2) as [Widget, Widget];
    for (const widget of widgets) widget.get();
    widgets[0].view.abort();
    clock.pass(5000);
    widgets[0].answer();
    await told(widgets[1]);
    expect(widgets[0].ready).not.toHaveBeenCalled();
    expect(asked(widgets)).toEqual([1, 0]);
  });

  test("one whose kernel has gone is not asked, until it speaks again", () => {
    const [widget] = some(1) as [Widget];
    widget.channel.connection();
    widget.get();
    expect(widget.asked()).toBe(0);
    widget.channel.emit();
    expect(widget.asked()).toBe(1);
  });

  test("a widget of a new kernel asks for the old ones", async () => {
    const [old] = some(1) as [Widget];
    old.get();
    old.channel.connection();
    const fresh = new Widget("fresh");
    expect(fresh.asked()).toBe(1);
    fresh.answer();
    await told(old);
  });

  test("one that cannot even send is passed over", () => {
    const widgets = some(3) as [Widget, Widget, Widget];
    for (const { channel } of widgets.slice(0, 2)) {
      channel.send = () => {
        throw new Error("no comm");
      };
    }
    widgets[0].get();
    expect(asked(widgets)).toEqual([0, 0, 1]);
  });
});

describe("no answer:", () => {
  test("others are asked, with growing patience and an end, then when it is needed anew", () => {
    const widgets = some(2) as [Widget, Widget];
    widgets[0].get();
    const counts = [9_999, 1, 29_999, 1, 90_000, 600_000].map((ms) => {
      clock.pass(ms);
      return asked(widgets);
    });
    expect(counts).toEqual([
      [1, 0],
      [1, 1],
      [1, 1],
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    expect(clock.waiting).toBe(0);
    widgets[1].get();
    expect(asked(widgets)).toEqual([2, 2]);
  });

  test.each([5_000, 15_000, 1_000_000])("a late one is taken, after %i ms", async (ms) => {
    const widgets = some(2) as [Widget, Widget];
    widgets[1].get();
    clock.pass(ms);
    widgets[1].answer();
    await told(widgets[1]);
    expect(widgets[0].get()).not.toBeNull();
    expect(clock.waiting).toBe(0);
    for (const widget of widgets) widget.answer("throw new Error('a second answer')");
    expect(imported).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
  });

  test("what another page of the kernel asked for is taken, too", async () => {
    const [widget] = some(1) as [Widget];
    widget.answer();
    await until(() => expect(widget.get()).not.toBeNull());
    expect(widget.asked()).toBe(0);
  });
});

describe("what cannot be used is named once, and the text stays:", () => {
  const broken: [string, string | null, Record<string, unknown>, string][] = [
    ["a refusal", null, { error: "math.js is missing" }, "math.js is missing"],
    ["no bytes", null, {}, "without its bytes"],
    ["no JavaScript", "export const", {}, ""],
    ["a module that throws", "throw new Error('boom')", {}, "boom"],
    ["a module without the export", "export const x = 1", {}, "no highlighter"],
    ["an export of another kind", "export const highlighter = {open: 1}", {}, "no highlighter"],
  ];

  test.each(broken)("%s", async (_, source, more, words) => {
    const widgets = some(2) as [Widget, Widget];
    for (const widget of widgets) widget.get();
    widgets[0].answer(source, "highlight", more);
    await warned();
    expect(String(warn.mock.calls[0]?.[1])).toContain(words);
    for (const widget of widgets) expect(widget.get()).toBeNull();
    clock.pass(600_000);
    widgets[0].answer();
    expect(asked(widgets)).toEqual([1, 0]);
    expect(warn).toHaveBeenCalledOnce();
    for (const { ready } of widgets) expect(ready).not.toHaveBeenCalled();
  });

  test("a page that allows no modules from blobs", async () => {
    const channel = new FakeChannel("s", null, `page ${version}`);
    const refuse = () => Promise.reject(new TypeError("Content Security Policy"));
    const parts = createAssets(channel, clock, undefined, refuse)(new AbortController().signal);
    parts.get("highlight", () => {});
    channel.receive({ v: 1, kind: "asset", name: "highlight" }, [encode(HIGHLIGHT)]);
    await warned();
    expect(parts.get("highlight", () => {})).toBeNull();
  });
});

describe("those who wait", () => {
  test("are told once each, whatever the others do", async () => {
    const [one, two] = some(2) as [Widget, Widget];
    const order: string[] = [];
    const bad = () => {
      order.push("bad");
      throw new Error("boom");
    };
    const good = () => order.push(one.get() ? "good" : "early");
    for (const ready of [bad, good, bad, good]) one.get(ready);
    two.get();
    one.answer();
    await told(two);
    expect(order).toEqual(["bad", "good"]);
    expect(warn).toHaveBeenCalledOnce();
  });

  test("are forgotten with their view or their model, and not taken in after it", async () => {
    const widgets = some(4) as [Widget, Widget, Widget, Widget];
    for (const widget of widgets) widget.get();
    widgets[1].view.abort();
    widgets[2].model.abort();
    widgets[1].get();
    widgets[0].answer();
    await told(widgets[3]);
    expect(widgets.map(({ ready }) => ready.mock.calls.length)).toEqual([1, 0, 0, 1]);
  });
});

describe("mathematics", () => {
  const faces: [string, BufferSource][] = [];

  function stubFonts(result: (face: unknown) => Promise<unknown>) {
    faces.length = 0;
    class Face {
      constructor(family: string, bytes: BufferSource) {
        faces.push([family, bytes]);
      }
      load = () => result(this);
    }
    const add = vi.fn();
    vi.stubGlobal("FontFace", Face);
    vi.stubGlobal("document", { fonts: { add } });
    return add;
  }

  test("asks for its font, too, and does not wait for it", async () => {
    const add = stubFonts((face) => Promise.resolve(face));
    const widgets = some(2) as [Widget, Widget];
    for (const widget of widgets) widget.math();
    expect(asked(widgets, "math")).toEqual([1, 0]);
    expect(asked(widgets, "math-font")).toEqual([1, 0]);
    widgets[0].answer(MATH, "math");
    await told(widgets[1]);
    expect(widgets[1].math()?.render("x", false)).toBeNull();
    widgets[0].answer("font", "math-font");
    await until(() => expect(add).toHaveBeenCalledOnce());
    expect(faces).toEqual([["nbstream-math", expect.any(DataView)]]);
    expect(widgets[0].ready).toHaveBeenCalledOnce();
  });

  test("is there without its font", async () => {
    stubFonts(() => Promise.reject(new Error("no font")));
    const [widget] = some(1) as [Widget];
    widget.math();
    widget.answer("font", "math-font");
    await warned();
    widget.answer(MATH, "math");
    await told(widget);
    expect(widget.math()).not.toBeNull();
  });
});
