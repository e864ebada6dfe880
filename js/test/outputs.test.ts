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

/** A model of ipywidgets, which holds others. */
class Model {
  constructor(
    readonly model_id: string,
    readonly attributes: Record<string, unknown> = {},
  ) {}
}

/** A notebook with an output for each id, and the streams whose kernel is about to end. */
function layouts(models: readonly Model[], shown: readonly string[], streams: readonly string[]) {
  const outputs = shown.map((id) => {
    const made = output(undefined);
    made.data = { "text/plain": id, [WIDGET]: { model_id: id } };
    return made;
  });
  const byId = new Map(models.map((model) => [model.model_id, model]));
  const manager = {
    context: { model: { cells: list({ outputs: list(...outputs) }) } },
    has_model: (id: string) => byId.has(id),
    get_model: vi.fn(async (id: string) => byId.get(id)),
  };
  const kept = streams.map((stream) => {
    const channel = new FakeChannel(stream, null, "", manager as object);
    return { channel, ...keepOutputs(channel, manager) };
  });
  const end = (kernel: "restarted" | "crashed" = "restarted") => {
    for (const [index, { lost }] of kept.entries())
      lost({ ...state(`text ${index + 1}`) }, { ...local, closed: true, kernel }, 0);
  };
  return { outputs, manager, kept, end };
}

const texts = (one: ReturnType<typeof output> | undefined) =>
  String(one?.data["text/plain"]).match(/text \d|answer|crashed|restarted/g);

test("the kernel is gone: a box keeps all of its streams, in its order", async () => {
  const inner = new Model("inner", { children: [new Model("button"), new Model("s1")] });
  const captured = [{ output_type: "display_data", data: { [WIDGET]: { model_id: "s3" } } }];
  const models = [
    new Model("box", { layout: new Model("layout"), children: [new Model("s2"), inner] }),
    inner,
    new Model("output", { outputs: captured }),
    new Model("other", { children: [new Model("button"), new Model("other")] }),
  ];
  const shown = ["box", "output", "other", "gone"];
  const { outputs, end } = layouts(models, shown, ["s1", "s2", "s3"]);
  const [box, captures, other, gone] = outputs;
  end();
  await vi.waitFor(() => expect(texts(captures)).toEqual(["text 3", "restarted"]));
  expect(texts(box)).toEqual(["text 2", "restarted", "text 1", "restarted"]);
  expect(Object.keys(box?.data ?? {}).sort()).toEqual(["text/markdown", "text/plain"]);
  for (const one of [other, gone]) expect(one?.setData).not.toHaveBeenCalled();
  end("crashed");
  expect(texts(box)).toEqual(["text 2", "crashed", "text 1", "crashed"]);
});

test("the kernel is gone: of an ended stream its own text stays", async () => {
  const { outputs, kept, end } = layouts(
    [new Model("box", { children: [new Model("s1")] })],
    ["box", "s2"],
    ["s1", "s2"],
  );
  const [box, alone] = outputs;
  if (alone) alone.data = { ...alone.data, "text/markdown": "*answer*", "text/plain": "answer" };
  kept[0]?.ended();
  kept[1]?.ended();
  await vi.waitFor(() => expect(kept[0]?.channel.sent).toHaveLength(1));
  expect(kept[1]?.channel.sent, "its output has its text").toEqual([]);
  const said = { "text/markdown": "**answer**", "text/plain": "answer" };
  kept[0]?.channel.receive({ ...answer, outputs: { "": said } });
  expect(box?.setData, "the kernel lives").not.toHaveBeenCalled();
  end();
  await vi.waitFor(() => expect(alone?.setData).toHaveBeenCalled());
  expect(box?.data).toEqual(said);
  expect(alone?.data).toEqual({ "text/markdown": "*answer*", "text/plain": "answer" });
});
