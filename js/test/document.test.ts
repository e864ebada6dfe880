/** A page keeps the front end's module: what it knows of a closed notebook is let go of. */

import { beforeEach, expect, test, vi } from "vitest";
import { create } from "../src/index.js";
import * as notebook from "../src/notebook/notebook.js";
import { emptyPage, snapshot } from "./fakes.js";
import { PATIENCE } from "./patience.js";

type Slot = (content?: unknown, buffers?: readonly DataView[]) => void;
const KEY = Symbol.for("nbstream.page.1");

beforeEach(emptyPage);

const shown = () =>
  (globalThis as { [KEY]?: { streams: Map<string, Set<unknown>> } })[KEY]?.streams;

function signal() {
  const slots = new Set<Slot>();
  return {
    connect: (slot: Slot) => slots.add(slot),
    disconnect: (slot: Slot) => slots.delete(slot),
    emit: () => {
      for (const slot of slots) slot();
    },
    slots,
  };
}

/** A notebook that shows the stream, in a page; notebooks may share the kernel. */
function openNotebook(status = "in_progress", stream = "s1") {
  const listeners = new Set<Slot>();
  const disposed = signal();
  const kernel = { clientId: "c", statusChanged: signal(), disposed: signal() };
  const state: Record<string, unknown> = {
    _stream: stream,
    _snapshot: { ...snapshot(1, "Hello", status), stream },
    _assets: stream,
  };
  const model = {
    get: (name: string) => state[name],
    send: vi.fn(),
    on: (_: string, hear: Slot) => listeners.add(hear),
    off: (_: string, hear: Slot) => listeners.delete(hear),
    widget_manager: { context: { disposed }, kernel },
  };
  const widget = create("", notebook);
  const end = new AbortController();
  widget.initialize({ model, signal: end.signal }, []);
  const el = document.createElement("div");
  document.body.append(el);
  const leave = widget.render({ model, el });
  /** Everything by which others could call it, or keep it. */
  const held = () => [listeners, disposed.slots, kernel.statusChanged.slots, kernel.disposed.slots];
  return { disposed, held, end, el, leave, model, listeners };
}

test.each([
  ["a notebook that is closed", (one: ReturnType<typeof openNotebook>) => one.disposed.emit()],
  ["a widget that is closed", (one: ReturnType<typeof openNotebook>) => one.end.abort()],
])("%s is forgotten", (_, close) => {
  const one = openNotebook();
  expect(shown()?.has("s1")).toBe(true);
  for (const slots of one.held()) expect(slots.size).toBeGreaterThan(0);
  close(one);
  expect(shown()?.size).toBe(0);
  for (const slots of one.held()) expect(slots.size).toBe(0);
});

test("another notebook of the kernel still shows the stream, and so does the same one anew", () => {
  const [closed, other] = [openNotebook(), openNotebook()];
  closed.disposed.emit();
  const again = openNotebook();
  const delta = { kind: "delta", seq: 2, stream: "s1", ops: [{ offset: 5, text: " there" }] };
  for (const hear of other.listeners) hear({ v: 1, frames: [delta] });
  expect(shown()?.get("s1")?.size).toBe(2);
  return vi.waitFor(() => {
    for (const { el } of [other, again]) expect(el.textContent).toContain("Hello there");
    expect(closed.el.textContent).not.toContain("Hello there");
  }, PATIENCE);
});

test("views that are removed after their notebook was closed ask nothing of the kernel", () => {
  vi.useFakeTimers();
  const { disposed, leave, model } = openNotebook("completed");
  vi.advanceTimersByTime(100);
  model.send.mockClear();
  disposed.emit();
  leave();
  vi.advanceTimersByTime(100_000);
  vi.useRealTimers();
  expect(model.send).not.toHaveBeenCalled();
});
