/** Viewers that go: who is told, whose stream stops, and when the kernel may forget it. */

import { beforeEach, expect, test } from "vitest";
import { delta, emptyPage, opened, openStore, snapshot, status, viewer } from "../fakes.js";

beforeEach(emptyPage);

test("one whose element has left the page is not told any more, until it adds itself", () => {
  const { channel, store } = openStore();
  const seen = viewer();
  store.add(seen);
  seen.el.remove();
  channel.emit(opened);
  expect(seen.changed).not.toHaveBeenCalled();
  document.body.append(seen.el);
  store.add(seen);
  channel.emit(delta(2, 0, "Hello"));
  expect(seen.changed).toHaveBeenCalledOnce();
});

test("a deleted cell stops its stream, unless it was pasted soon", () => {
  const { channel, clock, store } = openStore();
  const seen = viewer();
  store.add(seen);
  channel.emit(opened);
  channel.orphan = true;
  store.remove(seen);
  clock.pass(3000);
  store.add(seen);
  clock.pass(3000);
  expect(channel.count("cancel")).toBe(0);
  store.remove(seen);
  clock.pass(5000);
  expect(channel.sent.at(-1)).toMatchObject({ kind: "cancel", reason: "its cell was deleted" });
});

test("a cell that is still there keeps its stream", () => {
  const { channel, clock, store } = openStore();
  const seen = viewer();
  store.add(seen);
  channel.emit(opened);
  store.remove(seen);
  clock.pass(60_000);
  expect(channel.count("cancel")).toBe(0);
});

test("released: the last has gone and the stream has ended, for a second", () => {
  const { channel, clock, store } = openStore();
  const [one, two] = [viewer(), viewer()];
  store.add(one);
  store.add(two);
  channel.emit(opened, status(2, "completed"));
  store.remove(one);
  clock.pass(5000);
  expect(channel.count("released")).toBe(0);
  store.remove(two);
  clock.pass(999);
  expect(channel.count("released")).toBe(0);
  clock.pass(1);
  expect(channel.sent.at(-1)).toEqual({ v: 1, kind: "released", stream: "s1" });
  clock.pass(5000);
  expect(channel.count("released")).toBe(1);
});

test("released: not while the stream runs, but when it ends", () => {
  const { channel, clock, store } = openStore();
  const one = viewer();
  store.add(one);
  channel.emit(opened);
  store.remove(one);
  clock.pass(5000);
  expect(channel.count("released")).toBe(0);
  channel.emit(status(2, "completed"));
  clock.pass(1000);
  expect(channel.count("released")).toBe(1);
});

test("released: not when the view comes back, as when a cell is moved", () => {
  const { channel, clock, store } = openStore();
  const one = viewer();
  store.add(one);
  channel.emit(opened, status(2, "completed"));
  store.remove(one);
  clock.pass(500);
  store.add(viewer());
  clock.pass(5000);
  expect(channel.count("released")).toBe(0);
});

test("released: if its output was replaced before it was drawn", () => {
  const { channel, clock } = openStore();
  channel.emit(opened, status(2, "completed"));
  clock.pass(5000);
  expect(channel.count("released")).toBe(1);
});

test("released: not by a page that came later and never showed it", () => {
  const { channel, clock } = openStore(snapshot(7, "Hello", "completed"));
  clock.pass(5000);
  expect(channel.count("released")).toBe(0);
});

test("released: when a view leaves the page later and does not say so", () => {
  const { channel, clock, store } = openStore();
  const one = viewer();
  store.add(one);
  channel.emit(opened, status(2, "completed"));
  clock.pass(5000);
  expect(channel.count("released")).toBe(0);
  one.el.remove();
  clock.pass(60_000);
  expect(channel.count("released")).toBe(1);
});

test("released: when a view of a slow page comes after the end, and is abandoned", () => {
  const { channel, clock, store } = openStore();
  channel.emit(opened, status(2, "completed"));
  clock.pass(500);
  const late = viewer();
  store.add(late);
  clock.pass(5000);
  expect(channel.count("released")).toBe(0);
  late.el.remove();
  clock.pass(60_000);
  expect(channel.count("released")).toBe(1);
});

test("a view that was forgotten in the page does not hold the others back", () => {
  const { channel, clock, store } = openStore();
  const [leaked, last] = [viewer(), viewer()];
  store.add(leaked);
  store.add(last);
  channel.emit(opened, status(2, "completed"));
  leaked.el.remove();
  store.remove(last);
  clock.pass(1000);
  expect(channel.count("released")).toBe(1);
});
