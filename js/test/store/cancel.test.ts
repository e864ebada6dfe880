/** Stop: what the page shows and sends, and what ends it. */

import { beforeEach, expect, test } from "vitest";
import { delta, emptyPage, opened, openStore, snapshot, status, viewer } from "../fakes.js";

beforeEach(emptyPage);

test("is shown at once and sent once", () => {
  const { channel, store } = openStore();
  const seen = viewer();
  store.add(seen);
  channel.emit(opened);
  store.cancel();
  store.cancel();
  expect(store.local.stopping).toBe(true);
  expect(seen.changed).toHaveBeenCalledTimes(2);
  expect(channel.sent.slice(1)).toEqual([
    { v: 1, kind: "cancel", stream: "s1", reason: "stopped by you" },
  ]);
});

test("after 300 ms without an answer the kernel is busy, and Stop can be asked for again", () => {
  const { channel, clock, store } = openStore();
  channel.emit(opened);
  store.cancel();
  clock.pass(299);
  channel.emit(delta(2, 0, "still coming"));
  expect(store.local.busy).toBe(false);
  clock.pass(1);
  expect(store.local).toMatchObject({ stopping: true, busy: true });
  store.cancel();
  expect(store.local).toMatchObject({ stopping: true, busy: false });
  expect(channel.count("cancel")).toBe(2);
});

test.each(["cancelling", "cancelled", "completed"])("the kernel's %s ends it", (name) => {
  const { channel, clock, store } = openStore();
  channel.emit(opened);
  store.cancel();
  channel.emit(status(2, name));
  clock.pass(1000);
  expect(store.local).toMatchObject({ stopping: false, busy: false });
  expect(store.running).toBe(name === "cancelling");
});

test("goes by the way for busy kernels, too, which is given back at the end", () => {
  const { channel, store } = openStore();
  channel.emit(opened);
  store.cancel();
  expect(channel.urged).toEqual(channel.sent.slice(1));
  expect(channel.controlIsOpen).toBe(true);
  channel.emit(status(2, "cancelled"));
  expect(channel.controlIsOpen).toBe(false);
});

test("a connection that is closed while the kernel is busy is stopped", () => {
  const { channel, clock, store } = openStore();
  channel.emit(opened);
  channel.news("hung up");
  expect(store.local.hungUp).toBe(false);
  store.cancel();
  channel.news("hung up");
  clock.pass(1000);
  expect(store.local).toMatchObject({ stopping: true, hungUp: true, busy: false });
  channel.emit(status(2, "cancelling"), status(3, "cancelled"));
  expect(store.local).toMatchObject({ stopping: false, hungUp: false });
});

test("a kernel that was restarted or crashed ends it for this page", () => {
  const { channel, clock, store } = openStore();
  channel.emit(opened);
  channel.news("restarted");
  channel.news("crashed");
  expect(store.local).toMatchObject({ closed: true, kernel: "crashed" });
  expect(store.running).toBe(false);
  clock.pass(2000);
  channel.news("restarted");
  expect(store.local.kernel).toBe("crashed");
});

test("does nothing after the end", () => {
  const { channel, store } = openStore(snapshot(3, "Hello", "completed"));
  store.cancel();
  expect(channel.count("cancel")).toBe(0);
  expect(store.local.stopping).toBe(false);
});
