/** Who asks the kernel for a heavy part, and how often. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAssets } from "../src/lazy/assets.js";
import {
  asked,
  clock,
  imported,
  setUp,
  some,
  tearDown,
  told,
  until,
  version,
  Widget,
  warn,
} from "./assets/widgets.js";

beforeEach(setUp);
afterEach(tearDown);

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
      const copy = await import("../src/lazy/assets.js");
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
