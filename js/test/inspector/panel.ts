/** A view with the panel, the part of the front end that it is, and the kernel's answers. */

import { vi } from "vitest";
import { inspector } from "../../src/bundles/inspector/inspector.js";
import type { Inspection, RawEvent } from "../../src/bundles/inspector/message.js";
import type { Heavy, HeavyTypes } from "../../src/lazy/lazy.js";
import { mountView } from "../../src/view/view.js";
import { find, opened, openStore, status } from "../fakes.js";

const begin = () => ({
  el: document.createElement("div"),
  opening: openStore(),
  view: new AbortController(),
  /** Whether the kernel has sent the panel, and who waits for it. */
  loaded: true,
  waiting: [] as (() => void)[],
  /** The page lays out what is in it anew. */
  resized: () => {},
});

export let page: ReturnType<typeof begin>;

const heavy: Heavy = {
  get<Name extends keyof HeavyTypes>(name: Name, ready: () => void) {
    if (name !== "inspector") return null;
    if (!page.loaded) page.waiting.push(ready);
    return page.loaded ? (inspector as HeavyTypes[Name]) : null;
  },
};

export const get = <T extends HTMLElement = HTMLElement>(selector: string) =>
  find<T>(page.el, selector);
export const all = (selector: string) => [...page.el.querySelectorAll<HTMLElement>(selector)];
export const texts = (selector: string) => all(selector).map(({ textContent }) => textContent);
export const toggle = () => get<HTMLButtonElement>(".nbs-quiet");
export const asked = () => page.opening.channel.count("inspect");
export const shown = () => all("tbody tr:not(.nbs-in-skipped)").filter(({ hidden }) => !hidden);

export const event = (number: number, more: Partial<RawEvent> = {}): RawEvent => ({
  number,
  at: number / 10,
  gap: 0.1,
  data: `{"n":${number}}`,
  ...more,
});

export function answer(more: Partial<Inspection> = {}): void {
  page.opening.channel.receive({
    v: 1,
    kind: "inspection",
    stream: "s1",
    attempt: 1,
    facts: [
      ["status", "in_progress"],
      ["request id", "req_1"],
    ],
    headers: [["content-type", "text/event-stream"]],
    events: [event(1), event(2)],
    left_out: 0,
    note: "",
    report: "**the report**",
    ...more,
  });
  page.opening.clock.pass(16);
}

/** Shows the stream in a view, which takes the place of the one before. */
export function mount(): void {
  page.el = document.createElement("div");
  document.body.replaceChildren(page.el);
  mountView(page.el, page.opening.store, page.view.signal, heavy);
}

export function setUp(): void {
  const observer = class {
    constructor(changed: () => void) {
      page.resized = changed;
    }
    observe() {}
    disconnect() {}
  };
  vi.stubGlobal("ResizeObserver", observer);
  page = begin();
  mount();
  page.opening.emit(opened, status(2, "in_progress"));
}

export function tearDown(): void {
  page.view.abort();
  vi.unstubAllGlobals();
}
