import { beforeEach, describe, expect, test, vi } from "vitest";
import { pageName } from "../src/store/router.js";
import { Store } from "../src/store/store.js";
import {
  delta,
  emptyPage,
  FakeChannel,
  FakeClock,
  opened,
  openStore,
  snapshot,
  status,
  viewer,
} from "./fakes.js";

beforeEach(emptyPage);

describe("hello", () => {
  test("is said once, with what the page has", () => {
    const page = pageName();
    const { channel, store } = openStore(snapshot(7, "Hello"));
    expect(channel.sent).toEqual([{ v: 1, kind: "hello", have: { s1: 7 }, page }]);
    expect(store.state.status).toBe("in_progress");
  });

  test("does not break the widget when there is no kernel", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { channel, store } = openStore();
    channel.send = () => {
      throw new Error("no comm");
    };
    store.cancel();
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});

test("viewers hear of each message once", () => {
  const { channel, store } = openStore();
  const seen = viewer();
  store.add(seen);
  channel.emit(opened, delta(2, 0, "Hello"), delta(3, 5, " world"));
  expect(seen.changed).toHaveBeenCalledOnce();
});

test("a message that is none is named in the console and changes nothing", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { channel, store } = openStore();
  const before = store.state;
  channel.receive({ v: 1, frames: [{ kind: "delta" }] });
  expect(store.state).toBe(before);
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

test("a message for others is not named, and tells that the kernel is there", () => {
  const warn = vi.spyOn(console, "warn");
  const { channel, store } = openStore();
  const before = store.state;
  channel.connection();
  channel.receive({ v: 1, kind: "asset", name: "math" });
  expect(store.state).toBe(before);
  expect(store.local.closed).toBe(false);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

describe("the page asks whether it has missed the last", () => {
  test("after 5 s without a message, then less and less often", () => {
    const { channel, clock } = openStore(snapshot(7, "Hello"));
    const counts = [4999, 1, 9999, 1, 20_000, 40_000, 60_000, 60_000].map((ms) => {
      clock.pass(ms);
      return channel.count("hello");
    });
    expect(counts).toEqual([1, 2, 2, 3, 4, 5, 6, 7]);
    expect(channel.sent.at(-1)).toMatchObject({ have: { s1: 7 } });
  });

  test("what comes starts the wait anew, and an end ends it", () => {
    const { channel, clock } = openStore(snapshot(7, "Hello"));
    clock.pass(4000);
    channel.emit(delta(8, 5, "!"));
    clock.pass(5049);
    expect(channel.count("hello")).toBe(1);
    clock.pass(1);
    expect(channel.count("hello")).toBe(2);
    channel.emit(status(9, "completed"));
    clock.pass(600_000);
    expect(channel.count("hello")).toBe(2);
  });

  test("not while the kernel's side is gone", () => {
    const { channel, clock } = openStore(snapshot(7, "Hello"));
    channel.connection();
    clock.pass(600_000);
    expect(channel.count("hello")).toBe(1);
  });
});

describe("one message for all streams of a page", () => {
  const other = (seq: number, text: string) => ({ ...delta(seq, 0, text), stream: "s2" });

  test("each gets its own frames, whoever brings them", () => {
    const { channel, clock, store } = openStore(opened);
    const second = new Store(new FakeChannel("s2", { ...opened, stream: "s2" }), clock);
    const seen = viewer();
    second.add(seen);
    channel.emit(opened, delta(2, 0, "Hello"), other(2, "you"), status(3, "completed"));
    expect(store.state).toMatchObject({ seq: 3, status: "completed" });
    expect(second.state.parts[0]?.last?.text).toBe("you");
    expect(seen.changed).toHaveBeenCalledOnce();
  });

  test("two documents may show the same stream", () => {
    const { channel, store } = openStore(opened);
    const twin = new Store(new FakeChannel("s1"), new FakeClock());
    channel.emit(opened, delta(2, 0, "Hello"));
    expect(twin.state).toEqual(store.state);
    twin.dispose();
    channel.emit(delta(3, 5, "!"));
    expect([store.state.seq, twin.state.seq]).toEqual([3, 2]);
  });

  test("frames of streams that are not here are nobody's", () => {
    const { channel, store } = openStore(opened);
    store.dispose();
    channel.emit(opened, other(2, "you"));
    expect(store.state.seq).toBe(0);
  });
});

test("300 ms after the end the outputs are looked at, once", () => {
  const clock = new FakeClock();
  const channel = new FakeChannel("s1");
  const ended = vi.fn();
  new Store(channel, clock, { ended, lost() {} });
  channel.emit(opened, status(2, "completed"));
  clock.pass(299);
  expect(ended).not.toHaveBeenCalled();
  clock.pass(60_000);
  expect(ended).toHaveBeenCalledOnce();
});

test("frames that came too early are kept up to a limit", () => {
  const { channel, store } = openStore();
  channel.emit(opened);
  for (let seq = 3; seq < 5000; seq++) channel.emit(delta(seq, seq, "x"));
  channel.emit(snapshot(2, "aaa"));
  expect(store.state.seq).toBe(102);
  expect(channel.count("resync")).toBe(1);
  channel.emit(snapshot(6000, "all"));
  expect(store.state.seq).toBe(6000);
});

describe("resync", () => {
  test("one in flight, again after 1, 2 and 4 s, then the page says so and asks less often", () => {
    const { channel, clock, store } = openStore();
    channel.emit(opened, delta(3, 5, "b"));
    channel.emit(delta(4, 6, "c"));
    channel.emit(delta(5, 7, "d"));
    expect(channel.kinds()).toEqual(["hello", "resync"]);
    expect(channel.sent[1]).toEqual({ v: 1, kind: "resync", stream: "s1", have: 1 });
    const counts = [999, 1, 1999, 1, 3999].map((ms) => {
      clock.pass(ms);
      return channel.count("resync");
    });
    expect(counts).toEqual([1, 2, 2, 3, 3]);
    expect(store.local.lost).toBe(false);
    clock.pass(1);
    expect(channel.count("resync")).toBe(4);
    expect(store.local.lost).toBe(true);
    channel.emit(delta(6, 8, "e"));
    expect(channel.count("resync")).toBe(4);
    clock.pass(8000 + 16_000 + 32_000 + 64_000 + 64_000);
    expect(channel.count("resync")).toBe(9);
  });

  test("ends with the snapshot", () => {
    const { channel, clock, store } = openStore();
    channel.emit(opened, delta(3, 5, "b"));
    channel.emit(snapshot(3, "Hellob"));
    clock.pass(60_000);
    expect(channel.count("resync")).toBe(1);
    expect(store.local.lost).toBe(false);
  });

  test("ends with a late answer too, and the waits begin anew", () => {
    const { channel, clock, store } = openStore();
    channel.emit(opened, delta(3, 5, "b"));
    clock.pass(7000);
    expect(store.local.lost).toBe(true);
    channel.emit(snapshot(3, "Hellob"));
    expect(store.local.lost).toBe(false);
    channel.emit(delta(5, 7, "d"));
    clock.pass(1000);
    expect(channel.count("resync")).toBe(6);
  });

  test("when the lengths at the end differ", () => {
    const { channel, clock } = openStore();
    channel.emit(opened, delta(2, 0, "Hello"), status(3, "completed", { lengths: { text: 6 } }));
    expect(channel.sent.at(-1)).toEqual({ v: 1, kind: "resync", stream: "s1", have: 3 });
    channel.emit(snapshot(3, "Hello!", "completed"));
    clock.pass(10_000);
    expect(channel.count("resync")).toBe(1);
  });
});

describe("the page's clock", () => {
  test("the start is counted back from the kernel's elapsed time; the shortest way counts", () => {
    const { channel, clock, store } = openStore();
    clock.pass(2000);
    channel.emit(opened, status(2, "in_progress", { timing: { elapsed: 5 } }));
    expect(clock.now() - store.local.started).toBe(5000);
    clock.pass(1000);
    // This one took 400 ms more on its way.
    channel.emit(status(3, "stalled", { timing: { elapsed: 5.6 } }));
    expect(clock.now() - store.local.started).toBe(6000);
  });
});

test("a kernel that has gone ends the running, one that speaks again resumes it", () => {
  const { channel, store } = openStore();
  const seen = viewer();
  store.add(seen);
  channel.emit(opened);
  channel.connection();
  expect(store.running).toBe(false);
  expect(channel.kinds()).toEqual(["hello"]);
  expect(seen.changed).toHaveBeenCalledTimes(2);
  channel.connection();
  expect(channel.sent.at(-1)).toEqual({ v: 1, kind: "resync", stream: "s1", have: 1 });
  expect(store.running).toBe(false);
  channel.emit(delta(2, 0, "Hello"));
  expect(store.running).toBe(true);
});

test("dispose leaves nothing under way", () => {
  const { channel, clock, store } = openStore();
  channel.emit(opened, delta(3, 5, "b"));
  store.cancel();
  store.dispose();
  expect(clock.waiting).toBe(0);
});
