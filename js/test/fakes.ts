/** A clock that stands until it is told, and a channel that remembers. */

import { vi } from "vitest";
import type { Channel, Owner } from "../src/host/channel.js";
import type { Clock } from "../src/host/clock.js";
import type { Control, News } from "../src/host/subshell.js";
import type { Request } from "../src/protocol/requests.js";
import { Store } from "../src/store/store.js";

export class FakeClock implements Clock {
  private time = 1000;
  private queue: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(delay: number, run: () => void): () => void {
    const entry = { at: this.time + delay, run };
    this.queue.push(entry);
    return () => {
      this.queue = this.queue.filter((other) => other !== entry);
    };
  }

  frame(run: () => void): () => void {
    return this.after(16, run);
  }

  /** Lets `ms` pass, and runs what falls due on the way. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.queue.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.queue = this.queue.filter((other) => other !== due);
      this.time = due.at;
      due.run();
    }
    this.time = end;
  }

  get waiting(): number {
    return this.queue.length;
  }
}

export class FakeChannel implements Channel {
  sent: Request[] = [];
  receive: (content: unknown, buffers?: readonly DataView[]) => void = () => {};
  connection: () => void = () => {};
  news: (news: News) => void = () => {};
  urged: Request[] = [];
  controlIsOpen = false;
  orphan = false;

  constructor(
    private readonly stream = "s1",
    private readonly snapshot: unknown = null,
    private readonly assets = "",
    readonly owner: Owner = {},
  ) {}

  get(trait: "_stream" | "_snapshot" | "_assets"): unknown {
    return { _stream: this.stream, _snapshot: this.snapshot, _assets: this.assets }[trait];
  }

  send(request: Request): void {
    this.sent.push(request);
  }

  onMessage(receive: (content: unknown, buffers?: readonly DataView[]) => void): void {
    const others = this.receive;
    this.receive = (content, buffers) => {
      others(content, buffers);
      receive(content, buffers);
    };
  }

  onConnection(changed: () => void): void {
    this.connection = changed;
  }

  onNews(tell: (news: News) => void): void {
    this.news = tell;
  }

  control(): Control {
    return {
      send: (request) => {
        this.controlIsOpen = true;
        this.urged.push(request);
      },
      close: () => {
        this.controlIsOpen = false;
      },
    };
  }

  isOrphan(): boolean {
    return this.orphan;
  }

  kinds(): string[] {
    return this.sent.map(({ kind }) => kind);
  }

  count(kind: Request["kind"]): number {
    return this.sent.filter((request) => request.kind === kind).length;
  }

  /** Puts frames of the stream on the wire, as the kernel does. */
  emit(...frames: Record<string, unknown>[]): void {
    this.receive({ v: 1, frames: frames.map((frame) => ({ stream: this.stream, ...frame })) });
  }
}

export function openStore(snapshot: unknown = null) {
  const clock = new FakeClock();
  const channel = new FakeChannel("s1", snapshot);
  /** Lets the kernel say something, and the page paint it. */
  const emit = (...frames: Record<string, unknown>[]) => {
    channel.emit(...frames);
    clock.pass(16);
  };
  const store = new Store(channel, clock);
  clock.pass(50); // it has said hello
  return { clock, channel, emit, store };
}

/** The one that is there. */
export function find<T extends HTMLElement = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

/** A viewer of a store, on the page. */
export function viewer() {
  const el = document.createElement("div");
  document.body.append(el);
  return { el, changed: vi.fn() };
}

/** Takes all off the page, the streams of the tests before, too. */
export function emptyPage(): void {
  document.body.replaceChildren();
  Reflect.deleteProperty(globalThis, Symbol.for("nbstream.page.1"));
}

export const opened = {
  kind: "snapshot",
  seq: 1,
  label: "Say hello",
  model: "gpt-5.2",
  created: 1790000000,
  status: "queued",
  parts: [],
};

export const snapshot = (seq: number, text: string, name = "in_progress") => ({
  ...opened,
  stream: "s1",
  seq,
  status: name,
  parts: [{ part: "text", type: "text", text }],
});

export const delta = (seq: number, offset: number, text: string, type = "text", part = type) => ({
  kind: "delta",
  seq,
  ops: [{ part, type, offset, text }],
});

export const status = (seq: number, name: string, more: Record<string, unknown> = {}) => ({
  kind: "status",
  seq,
  status: name,
  ...more,
});
