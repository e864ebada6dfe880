import { expect, test, vi } from "vitest";
import { keepOutputs } from "../src/outputs.js";
import { FakeChannel } from "./fakes.js";

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
  return { channel, ended: keepOutputs(channel, { context: { model: { cells } } }) };
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
    keepOutputs(channel, host)();
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
  keepOutputs(new FakeChannel("s1"), { context: { model: { cells } } })();
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});
