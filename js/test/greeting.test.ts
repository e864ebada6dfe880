import { beforeEach, expect, test } from "vitest";
import type { Owner } from "../src/host/channel.js";
import { pageName } from "../src/store/router.js";
import { Store } from "../src/store/store.js";
import { emptyPage, FakeChannel, FakeClock, snapshot } from "./fakes.js";

beforeEach(emptyPage);

const kernel = {};

function open(clock: FakeClock, stream: string, owner: Owner, seq = 1) {
  const channel = new FakeChannel(stream, { ...snapshot(seq, ""), stream }, "", owner);
  return { channel, store: new Store(channel, clock) };
}

const hello = (have: Record<string, number>) => ({ v: 1, kind: "hello", have, page: pageName() });

test("streams that come together say one hello, of what each had when it came", () => {
  const clock = new FakeClock();
  const first = open(clock, "s1", kernel);
  clock.pass(30);
  const second = open(clock, "s2", kernel, 7);
  first.channel.emit({ kind: "status", seq: 2, status: "in_progress" });
  clock.pass(19);
  expect([...first.channel.sent, ...second.channel.sent]).toEqual([]);
  clock.pass(1);
  expect(second.channel.sent).toEqual([hello({ s1: 1, s2: 7 })]);
  const third = open(clock, "s3", kernel);
  clock.pass(50);
  expect(third.channel.sent).toEqual([hello({ s3: 1 })]);
  expect(first.channel.sent).toEqual([]);
});

test("a page that is the client says so", () => {
  const clock = new FakeClock();
  const { channel } = open(clock, "s1", { kernel: { clientId: "c1" } });
  clock.pass(50);
  expect(channel.sent).toEqual([{ ...hello({ s1: 1 }), client: "c1" }]);
  const unconnected = open(clock, "s2", { kernel: null });
  clock.pass(50);
  expect(JSON.parse(JSON.stringify(unconnected.channel.sent))).toEqual([hello({ s2: 1 })]);
});

test("the streams of another kernel say their own", () => {
  const clock = new FakeClock();
  const [first, second] = [open(clock, "s1", kernel), open(clock, "s2", {})];
  clock.pass(50);
  expect(first.channel.sent).toEqual([hello({ s1: 1 })]);
  expect(second.channel.sent).toEqual([hello({ s2: 1 })]);
});

test("one that is gone by then is left out, and the others are not", () => {
  const clock = new FakeClock();
  const [first, second] = [open(clock, "s1", kernel), open(clock, "s2", kernel)];
  second.store.dispose();
  clock.pass(50);
  expect(first.channel.sent).toEqual([hello({ s1: 1 })]);
  const third = open(clock, "s3", kernel);
  third.store.dispose();
  clock.pass(50);
  expect([...second.channel.sent, ...third.channel.sent]).toEqual([]);
});
