/** Widgets of one page that need heavy parts, and what the kernel answers. */

import { expect, vi } from "vitest";
import { createAssets } from "../../src/lazy/assets.js";
import type { Heavy } from "../../src/lazy/lazy.js";
import { FakeChannel, FakeClock } from "../fakes.js";
import { PATIENCE } from "../patience.js";

export const HIGHLIGHT = "export const highlighter = { open: (language) => language + '!' };";
export const MATH = "export const math = { render: () => null };";

export const encode = (text: string): DataView => {
  // Within a larger buffer, as it arrives.
  const bytes = new TextEncoder().encode(`##${text}##`);
  return new DataView(bytes.buffer, 2, bytes.length - 4);
};

export let clock: FakeClock;
export let imported: string[];
let blobs: Map<string, Blob>;
export let version = 0;
export let warn: ReturnType<typeof vi.spyOn>;

/** Node knows no modules in blobs; what the blob holds is imported in another form. */
async function importModule(url: string): Promise<Record<string, unknown>> {
  imported.push(url);
  const source = (await blobs.get(url)?.text()) ?? "";
  return import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`);
}

export class Widget {
  readonly model = new AbortController();
  readonly view = new AbortController();
  readonly channel: FakeChannel;
  readonly parts: Heavy;
  readonly ready = vi.fn();

  constructor(
    readonly stream: string,
    create = createAssets,
    page = `page ${version}`,
  ) {
    this.channel = new FakeChannel(stream, null, page);
    const assetsOf = create(this.channel, clock, this.model.signal, importModule);
    this.parts = assetsOf(this.view.signal);
  }

  get(ready: () => void = this.ready) {
    return this.parts.get("highlight", ready);
  }

  math() {
    return this.parts.get("math", this.ready);
  }

  asked(name = "highlight"): number {
    return this.channel.sent.filter((r) => r.kind === "asset" && r.name === name).length;
  }

  answer(source: string | null = HIGHLIGHT, name = "highlight", more = {}): void {
    const buffers = source === null ? [] : [encode(source)];
    this.channel.receive({ v: 1, kind: "asset", name, ...more }, buffers);
  }
}

export const some = (count: number) => Array.from({ length: count }, (_, n) => new Widget(`s${n}`));
export const asked = (widgets: Widget[], name = "highlight") => widgets.map((w) => w.asked(name));
export const until = (check: () => void) => vi.waitFor(check, PATIENCE);
/** Until what was received has become a part, or a warning. */
export const told = (widget: Widget) => until(() => expect(widget.ready).toHaveBeenCalled());
export const warned = () => until(() => expect(warn).toHaveBeenCalled());

export function setUp(): void {
  version += 1;
  clock = new FakeClock();
  imported = [];
  blobs = new Map();
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    const url = `blob:${blobs.size}`;
    blobs.set(url, blob as Blob);
    return url;
  });
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
}

export function tearDown(): void {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
}
