import { expect, test, vi } from "vitest";
import { createControl, watchKernel } from "../src/host/subshell.js";
import { isDeleted, watchCell } from "../src/notebook/cell.js";
import { cancel } from "../src/protocol/requests.js";

const STOP = cancel("s1", "stopped by you");

function fakeKernel(supportsSubshells = true) {
  let start: (error?: Error) => void = () => {};
  const comm = {
    subshellStarted: new Promise<void>((resolve, reject) => {
      start = (error) => (error ? reject(error) : resolve());
    }),
    onMsg: (_: unknown) => {},
    open: vi.fn(),
    send: vi.fn(),
    close: vi.fn(),
    dispose: vi.fn(),
  };
  const slots = new Set<(sender: unknown, status: string) => void>();
  const kernel = {
    supportsSubshells,
    createComm: vi.fn(() => comm),
    statusChanged: {
      connect: (slot: (sender: unknown, status: string) => void) => slots.add(slot),
      disconnect: (slot: (sender: unknown, status: string) => void) => slots.delete(slot),
    },
  };
  return { kernel, comm, start, slots };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a request waits for the subshell, and goes to it", async () => {
  const { kernel, comm, start } = fakeKernel();
  const tell = vi.fn();
  const control = createControl({ kernel }, tell);
  expect(kernel.createComm).not.toHaveBeenCalled();
  control.send(STOP);
  control.send(STOP);
  await settled();
  expect(comm.open).not.toHaveBeenCalled();
  start();
  await settled();
  expect(kernel.createComm.mock.calls).toEqual([["nbstream.control"]]);
  expect(comm.open).toHaveBeenCalledOnce();
  expect(comm.send.mock.calls).toEqual([[STOP], [STOP]]);
  comm.onMsg({ content: { data: { v: 1, kind: "other" } } });
  expect(tell).not.toHaveBeenCalled();
  comm.onMsg({ content: { data: { v: 1, kind: "hung_up", stream: "s1" } } });
  expect(tell.mock.calls).toEqual([["hung up"]]);
  control.close();
  await settled();
  expect(comm.close).toHaveBeenCalledOnce();
});

test("what is closed before the subshell is there is never opened", async () => {
  const { kernel, comm, start } = fakeKernel();
  const control = createControl({ kernel }, vi.fn());
  control.send(STOP);
  control.close();
  start();
  await settled();
  expect(comm.open).not.toHaveBeenCalled();
  expect(comm.send).not.toHaveBeenCalled();
  expect(comm.dispose).toHaveBeenCalledOnce();
});

test("other hosts, and kernels without subshells, have the ordinary way only", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { kernel } = fakeKernel(false);
  for (const manager of [undefined, null, {}, { kernel: null }, { kernel: {} }, { kernel }]) {
    const control = createControl(manager, vi.fn());
    control.send(STOP);
    control.close();
    watchKernel(manager, vi.fn());
  }
  expect(kernel.createComm).not.toHaveBeenCalled();
  expect(warn).not.toHaveBeenCalled();
  const refusing = fakeKernel();
  createControl({ kernel: refusing.kernel }, vi.fn()).send(STOP);
  refusing.start(new Error("no subshell"));
  await settled();
  createControl({ kernel: { supportsSubshells: true } }, vi.fn()).send(STOP);
  expect(warn).toHaveBeenCalledTimes(2);
  warn.mockRestore();
});

test("news of the kernel", () => {
  const { kernel, slots } = fakeKernel();
  const tell = vi.fn();
  const end = new AbortController();
  watchKernel({ kernel }, tell, end.signal);
  for (const status of ["busy", "idle", "restarting", "autorestarting", "dead"])
    for (const slot of slots) slot(kernel, status);
  expect(tell.mock.calls).toEqual([["restarted"], ["crashed"], ["ended"]]);
  end.abort();
  expect(slots.size).toBe(0);
});

test.each([
  ["one that others restart", ["busy", "starting", "idle"], ["restarted"]],
  ["one that crashed and is started again", ["autorestarting", "starting"], ["crashed"]],
  ["a connection that ends without a word of the kernel", [undefined], ["ended"]],
])("%s", (_, statuses, news) => {
  const slots = new Set<(sender: unknown, status?: string) => void>();
  const signal = { connect: slots.add.bind(slots), disconnect: slots.delete.bind(slots) };
  const tell = vi.fn();
  const end = new AbortController();
  watchKernel({ kernel: { statusChanged: signal, disposed: signal } }, tell, end.signal);
  for (const status of statuses) for (const slot of slots) slot({}, status);
  expect(tell.mock.calls.flat()).toEqual(news);
  end.abort();
  expect(slots.size).toBe(0);
});

test("a restart that shows only in the session of the kernel's messages", () => {
  const slots = new Set<(sender: unknown, message?: object) => void>();
  const signal = { connect: slots.add.bind(slots), disconnect: slots.delete.bind(slots) };
  const tell = vi.fn();
  const end = new AbortController();
  watchKernel({ kernel: { iopubMessage: signal } }, tell, end.signal);
  const say = (session: string, msg_id?: string) => {
    const message = { header: { session }, parent_header: msg_id ? { msg_id } : {} };
    for (const slot of slots) slot({}, message);
  };
  say("server");
  say("first", "1");
  say("server");
  say("first", "2");
  expect(tell).not.toHaveBeenCalled();
  say("second", "3");
  expect(tell.mock.calls).toEqual([["restarted"]]);
  expect(slots.size).toBe(0);
  watchKernel({ kernel: { iopubMessage: signal } }, tell, end.signal);
  end.abort();
  expect(slots.size).toBe(0);
});

test("a cell is deleted when its notebook has it no longer", () => {
  const context = (...ids: string[]) => ({ model: { cells: ids.map((id) => ({ id })) } });
  expect(isDeleted({ context: context("a", "b") }, "a")).toBe(false);
  expect(isDeleted({ context: context("b") }, "a")).toBe(true);
  expect(isDeleted({ context: { isDisposed: true, ...context() } }, "a")).toBe(false);
  expect(isDeleted({ context: context() }, "")).toBe(false);
  expect(isDeleted({ context: { model: { cells: 1 } } }, "a")).toBe(false);
  expect(isDeleted(undefined, "a")).toBe(false);
});

test("a notebook that never had the cell does not miss it", () => {
  const cells = [{ id: "a" }];
  const manager = { context: { model: { cells } } };
  const [own, others] = [watchCell(manager, "a"), watchCell(manager, "b")];
  expect([own(), others()]).toEqual([false, false]);
  cells.pop();
  expect([own(), others()]).toEqual([true, false]);
});
