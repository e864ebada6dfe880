import { expect, test, vi } from "vitest";
import { keepOutputs, watchOrphan } from "../src/notebook/outputs.js";
import { emptyState } from "../src/store/reduce.js";
import { FakeChannel, openStore } from "./fakes.js";

const WIDGET = "application/vnd.jupyter.widget-view+json";

function output(display: string | undefined, text = "waiting") {
  const view = { model_id: "m", ...(display && { nbstream_display: display }) };
  const made = {
    data: { "text/markdown": text, [WIDGET]: view } as Record<string, unknown>,
    metadata: { kept: 1 },
    setData: vi.fn(({ data }) => {
      made.data = data;
    }),
  };
  return made;
}

const list = <Item>(...items: Item[]) => ({
  length: items.length,
  get: (index: number) => items[index] as Item,
});

function setup(...outputs: ReturnType<typeof output>[]) {
  const cells = list<{ outputs?: unknown }>({}, { outputs: list() }, { outputs: list(...outputs) });
  const channel = new FakeChannel("s1");
  const manager = { context: { model: { cells }, isDisposed: false } };
  return { channel, manager, ...keepOutputs(channel, manager) };
}

const answer = {
  v: 1,
  kind: "outputs",
  stream: "s1",
  outputs: { "s1-a": { "text/plain": "end" } },
};

test("an output that never heard of the end gets what the kernel keeps", () => {
  const [old, other, done] = [output("s1-a"), output("s2-b"), output(undefined, "end")];
  const { channel, ended } = setup(old, other, done);
  ended();
  expect(channel.sent).toEqual([{ v: 1, kind: "outputs", stream: "s1" }]);
  channel.receive(answer);
  expect(old.setData).toHaveBeenCalledWith({
    data: { "text/plain": "end" },
    metadata: { kept: 1 },
  });
  expect(other.setData).not.toHaveBeenCalled();
  expect(done.setData).not.toHaveBeenCalled();
  ended();
  expect(channel.sent).toHaveLength(1);
});

test("nothing is asked for where all is up to date, nor where there is no notebook", () => {
  const { channel, ended } = setup(output(undefined), output("s2-b"));
  ended();
  for (const host of [undefined, {}, { context: {} }, { context: { model: {} } }])
    keepOutputs(channel, host).ended();
  expect(channel.sent).toEqual([]);
});

test("answers for another stream, or none at all, change nothing", () => {
  const old = output("s1-a");
  const { channel } = setup(old);
  channel.receive({ ...answer, stream: "s2" });
  channel.receive({ ...answer, outputs: null });
  channel.receive({ ...answer, v: 2 });
  expect(old.setData).not.toHaveBeenCalled();
});

test("a host that is made differently is named in the console, and no more", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const cells = { length: 1, get: () => null };
  keepOutputs(new FakeChannel("s1"), { context: { model: { cells } } }).ended();
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

const local = openStore().store.local;
const state = (text: string) => ({
  ...emptyState("s1"),
  parts: [{ part: "text", type: "text" as const, last: { text, end: text.length, before: null } }],
});

test("the kernel is gone: outputs keep what the page has, and how it ended", () => {
  const [live, other, done] = [output("s1-a"), output("s2-b"), output(undefined, "end")];
  const { lost } = setup(live, other, done);
  for (const kernel of ["restarted", "crashed"] as const)
    lost(state("so far"), { ...local, closed: true, kernel }, 0);
  expect(Object.keys(live.data).sort()).toEqual(["text/markdown", "text/plain"]);
  expect(live.data["text/plain"]).toMatch(/^so far\n\n\[.*lost: the kernel crashed\]$/);
  expect(live.setData.mock.lastCall?.[0].metadata).toEqual({ kept: 1 });
  expect(other.setData).not.toHaveBeenCalled();
  expect(done.setData).not.toHaveBeenCalled();
  live.data = { "text/markdown": "a later run" };
  lost(state("so far"), { ...local, closed: true, kernel: "ended" }, 0);
  expect(live.data).toEqual({ "text/markdown": "a later run" });
});

test("what the kernel said the outputs are stays when it is gone", () => {
  const live = output("s1-a");
  const { channel, lost } = setup(live);
  channel.receive(answer);
  expect(live.data).toEqual({ "text/plain": "end" });
  lost(state("so far"), { ...local, closed: true, kernel: "restarted" }, 0);
  expect(live.data).toEqual({ "text/plain": "end" });
});

test("another program's output does not keep ours from being updated", () => {
  const [odd, live] = [output("s1-a"), output("s1-a")];
  odd.data = { [WIDGET]: { nbstream_display: 5 } };
  const { lost } = setup(odd, live);
  lost(state("so far"), { ...local, closed: true, kernel: "ended" }, 0);
  expect(odd.setData).not.toHaveBeenCalled();
  expect(live.data["text/plain"]).toMatch(/^so far/);
});

test("a notebook that is closed leaves its outputs as they are", () => {
  const live = output("s1-a");
  const { lost, manager } = setup(live);
  manager.context.isDisposed = true;
  lost(state("so far"), { ...local, closed: true, kernel: "ended" }, 0);
  expect(live.setData).not.toHaveBeenCalled();
});

test("a deleted cell that comes back gets the end of its stream, and so does a copy of it", () => {
  vi.useFakeTimers();
  const [first, copy] = [output("s1-a"), output("s1-a")];
  const outputs: ReturnType<typeof output>[] = [];
  const changed = new Set<() => void>();
  const cells = {
    length: 1,
    get: () => ({ outputs: list(...outputs) }),
    changed: { connect: (run: () => void) => changed.add(run) },
  };
  const manager = { context: { model: { cells } } };
  const channel = new FakeChannel("s1", null, "", manager as object);
  channel.orphan = true;
  const { ended } = keepOutputs(channel, manager);
  ended();
  expect(channel.sent).toHaveLength(1);
  channel.receive(answer);
  outputs.push(first, copy);
  for (const run of changed) run();
  vi.runAllTimers();
  vi.useRealTimers();
  for (const { data } of [first, copy]) expect(data).toEqual({ "text/plain": "end" });
});

test("an output that shows a stream belongs to it, whatever became of its cell", () => {
  const cells = Object.assign([{ id: "cell" }], { get: () => ({ outputs: list(output("s1-a")) }) });
  const manager = { context: { model: { cells } } };
  const [shown, unseen] = ["s1", "s2"].map((stream) => watchOrphan(manager, "cell", stream));
  expect([shown?.(), unseen?.()]).toEqual([false, false]);
  cells[0] = { id: "merged" };
  expect([shown?.(), unseen?.()]).toEqual([false, true]);
});
