/** What becomes of the kernel's answers. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAssets } from "../../src/lazy/assets.js";
import { FakeChannel } from "../fakes.js";
import {
  asked,
  clock,
  encode,
  HIGHLIGHT,
  MATH,
  setUp,
  some,
  tearDown,
  told,
  until,
  version,
  type Widget,
  warn,
  warned,
} from "./widgets.js";

beforeEach(setUp);
afterEach(tearDown);

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
