/**
 * Stores of any number of pages, driven by JSON lines for `tests/support/pages.py`: a list of
 * steps in, what the pages have sent meanwhile and what was asked for out.
 */

import { createInterface } from "node:readline";
import { textOf } from "../src/store/reduce.js";
import { Store } from "../src/store/store.js";
import { FakeChannel, FakeClock } from "./fakes.js";

type Step =
  | { op: "attach"; page: string; stream: string; snapshot: unknown }
  | { op: "message"; page: string; stream: string; content: unknown }
  | { op: "unload"; page: string }
  | { op: "pass"; ms: number }
  | { op: "states" };

interface Shown {
  readonly channel: FakeChannel;
  readonly store: Store;
}
interface Page {
  readonly clock: FakeClock;
  readonly streams: Map<string, Shown>;
}

const pages = new Map<string, Page>();
const scopes = new Map<string, unknown>();
const KEY = Symbol.for("nbstream.page.1");
const scope = globalThis as { [KEY]?: unknown };

/** What a page shares among its widgets is its own. */
function within(page: string, run: () => void): void {
  scope[KEY] = scopes.get(page);
  run();
  scopes.set(page, scope[KEY]);
}

function take(step: Step): unknown {
  switch (step.op) {
    case "attach":
      return within(step.page, () => {
        const page = pages.get(step.page) ?? { clock: new FakeClock(), streams: new Map() };
        const channel = new FakeChannel(step.stream, step.snapshot, "", page as object);
        page.streams.set(step.stream, { channel, store: new Store(channel, page.clock) });
        pages.set(step.page, page);
      });
    case "message":
      // A widget that is not there hears nothing.
      return within(step.page, () =>
        pages.get(step.page)?.streams.get(step.stream)?.channel.receive(step.content),
      );
    case "unload":
      for (const { store } of pages.get(step.page)?.streams.values() ?? []) store.dispose();
      pages.delete(step.page);
      scopes.delete(step.page);
      return;
    case "pass":
      for (const [page, { clock }] of pages) within(page, () => clock.pass(step.ms));
      return;
    case "states":
      return [...pages].flatMap(([page, { streams }]) =>
        [...streams].map(([stream, { store }]) => ({
          page,
          stream,
          seq: store.state.seq,
          status: store.state.status,
          lost: store.local.lost,
          parts: Object.fromEntries(store.state.parts.map((part) => [part.part, textOf(part)])),
        })),
      );
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = (JSON.parse(line) as Step[]).map(take).filter(Array.isArray)[0] ?? [];
  const sent = [...pages].flatMap(([page, { streams }]) =>
    [...streams].flatMap(([stream, { channel }]) =>
      channel.sent.splice(0).map((request) => ({ page, stream, request })),
    ),
  );
  console.log(JSON.stringify({ sent, found }));
}
