/** The panel that shows what came on the wire: opened from a view, filled by the kernel. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Heavy, HeavyTypes } from "../../src/heavy.js";
import { inspector } from "../../src/inspector/inspector.js";
import type { Inspection, RawEvent } from "../../src/inspector/message.js";
import { mountView } from "../../src/view/view.js";
import { find, opened, openStore, status } from "../fakes.js";

let el: HTMLElement;
let opening: ReturnType<typeof openStore>;
let view: AbortController;
/** What the kernel has sent of the heavy parts, and who waits for them. */
let loaded: boolean;
let waiting: (() => void)[];

const heavy: Heavy = {
  get<Name extends keyof HeavyTypes>(name: Name, ready: () => void) {
    if (name !== "inspector") return null;
    if (!loaded) waiting.push(ready);
    return loaded ? (inspector as HeavyTypes[Name]) : null;
  },
};

const get = <T extends HTMLElement = HTMLElement>(selector: string) => find<T>(el, selector);
const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
const texts = (selector: string) => all(selector).map(({ textContent }) => textContent);
const toggle = () => get<HTMLButtonElement>(".nbs-quiet");
const asked = () => opening.channel.count("inspect");
const shown = () => all("tbody tr:not(.nbs-in-skipped)").filter(({ hidden }) => !hidden);

const event = (number: number, more: Partial<RawEvent> = {}): RawEvent => ({
  number,
  at: number / 10,
  gap: 0.1,
  data: `{"n":${number}}`,
  ...more,
});

function answer(more: Partial<Inspection> = {}): void {
  opening.channel.receive({
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
  opening.clock.pass(16);
}

function press(target: HTMLElement, key: string): KeyboardEvent {
  const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  target.dispatchEvent(pressed);
  return pressed;
}

/** The page lays out what is in it anew. */
let resized: () => void;

beforeEach(() => {
  const observer = class {
    constructor(changed: () => void) {
      resized = changed;
    }
    observe() {}
    disconnect() {}
  };
  vi.stubGlobal("ResizeObserver", observer);
  loaded = true;
  waiting = [];
  opening = openStore();
  view = new AbortController();
  el = document.createElement("div");
  document.body.replaceChildren(el);
  mountView(el, opening.store, view.signal, heavy);
  opening.emit(opened, status(2, "in_progress"));
});

afterEach(() => {
  view.abort();
  vi.unstubAllGlobals();
});

describe("opening", () => {
  test("nothing is asked for before", () => {
    opening.clock.pass(60_000);
    expect(asked()).toBe(0);
    expect(toggle().getAttribute("aria-expanded")).toBe("false");
    expect(el.querySelector(".nbs-in-panel")).toBeNull();
  });

  test("asks the kernel, and says so until it answers", () => {
    toggle().click();
    expect(toggle().getAttribute("aria-expanded")).toBe("true");
    expect(get(".nbs-in-title").textContent).toBe("Waiting for the kernel…");
    expect(get<HTMLButtonElement>(".nbs-in-bar button").disabled).toBe(true);
    expect(document.activeElement).toBe(toggle());
    expect(opening.channel.sent.at(-1)).toMatchObject({ kind: "inspect", stream: "s1" });
    answer();
    expect(get(".nbs-in-title").textContent).toBe("2 events");
    expect(texts(".nbs-in-panel > .nbs-in-facts > * > *")).toEqual([
      ...["status", "in_progress", "request id", "req_1"],
    ]);
    expect(texts(".nbs-in-headers dd")).toEqual(["text/event-stream"]);
    expect(texts("tbody summary")).toEqual(['{"n":1}', '{"n":2}']);
    expect(texts("tbody .nbs-in-gap")).toEqual(["+0.100 s", "+0.100 s"]);
  });

  test("waits for its part of the front end", () => {
    loaded = false;
    toggle().click();
    expect(get(".nbs-inspector").textContent).toBe("Waiting for the kernel…");
    expect(asked()).toBe(0);
    loaded = true;
    for (const ready of waiting) ready();
    expect(asked()).toBe(1);
    expect([...get(".nbs-inspector").childNodes]).toEqual(all(".nbs-in-panel"));
    expect(all(".nbs-in-panel")).toHaveLength(1);
  });

  test("that was closed before its part came stays closed", () => {
    loaded = false;
    toggle().click();
    toggle().click();
    loaded = true;
    for (const ready of waiting) ready();
    expect(asked()).toBe(0);
    expect(get(".nbs-inspector").hidden).toBe(true);
  });

  test("names the page", () => {
    const config = document.createElement("script");
    config.id = "jupyter-config-data";
    config.type = "application/json";
    config.textContent = '{"appName":"JupyterLab","appVersion":"4.6.6"}';
    document.body.append(config);
    vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 Chrome/156.0.1.2 Safari/537.36" });
    toggle().click();
    const sent = { v: 1, kind: "inspect", stream: "s1", front_end: "JupyterLab 4.6.6, Chrome 156" };
    expect(opening.channel.sent.at(-1)).toEqual(sent);
  });

  test("a kernel that is gone is not offered to be asked", () => {
    opening.channel.connection();
    opening.clock.pass(16);
    expect(toggle().hidden).toBe(true);
    opening.emit(status(3, "in_progress"));
    expect(toggle().hidden).toBe(false);
  });

  test("what is there stays when the kernel goes", () => {
    toggle().click();
    answer();
    opening.channel.connection();
    opening.clock.pass(60_000);
    expect(toggle().hidden).toBe(false);
    expect(shown()).toHaveLength(2);
    expect(asked()).toBe(1);
  });
});

describe("while the stream goes on", () => {
  test("the kernel is asked once a second at most, and once more at the end", () => {
    toggle().click();
    for (let second = 0; second < 10; second++) {
      answer();
      opening.clock.pass(984);
    }
    expect(asked()).toBeGreaterThanOrEqual(9);
    expect(asked()).toBeLessThanOrEqual(11);
    opening.emit(status(3, "completed"));
    answer();
    opening.clock.pass(1000);
    const before = asked();
    answer();
    opening.clock.pass(60_000);
    expect(asked() - before).toBeLessThanOrEqual(1);
  });

  test("an answer that does not come is waited for, and then asked for again", () => {
    toggle().click();
    opening.clock.pass(9000);
    expect(asked()).toBe(1);
    opening.clock.pass(2000);
    expect(asked()).toBe(2);
  });

  test("what is unfolded stays so, and in its place", () => {
    toggle().click();
    answer({ events: [event(1), event(2, { open: true, data: '{"n' })] });
    const [first, second] = all("tbody details") as HTMLDetailsElement[];
    for (const fold of [first, second]) {
      if (fold) fold.open = true;
      fold?.dispatchEvent(new Event("toggle"));
    }
    expect(first?.querySelector("pre")?.textContent).toBe('{\n  "n": 1\n}');
    expect(second?.querySelector("pre")?.textContent).toBe('{"n\n[not complete]');
    answer({ events: [event(1), event(2), event(3)] });
    expect(all("tbody details").slice(0, 2)).toEqual([first, second]);
    expect(second?.querySelector("pre")?.textContent).toBe('{\n  "n": 2\n}');
    expect(shown()).toHaveLength(3);
  });

  test("of many events the first and the last are there, and a line for the others", () => {
    toggle().click();
    answer({ events: [event(1), event(2), event(9)], left_out: 6 });
    expect(texts("tbody tr td:last-child")[2]).toBe("… 6 events are not kept");
    expect(get(".nbs-in-title").textContent).toBe("9 events");
    answer({ events: [event(1), event(2), event(10)], left_out: 7 });
    expect(texts("tbody .nbs-in-number")).toEqual(["1", "2", "10"]);
    expect(texts(".nbs-in-skipped")).toEqual(["… 7 events are not kept"]);
  });

  test("another attempt has events of its own", () => {
    toggle().click();
    answer();
    const [first] = all("tbody tr");
    answer({ attempt: 2, events: [event(1, { data: "other" })] });
    expect(texts("tbody summary")).toEqual(["other"]);
    expect(all("tbody tr")[0]).not.toBe(first);
  });

  test("messages that are for others, or no answer, change nothing", () => {
    toggle().click();
    answer({ stream: "s2" });
    answer({ events: [{ number: 0 }] });
    expect(get(".nbs-in-title").textContent).toBe("Waiting for the kernel…");
  });
});

test("every field of an event is shown", () => {
  toggle().click();
  const fields = { event: "note", event_id: "7", retry: "3000", comment: "hi", other: "<p>" };
  answer({ events: [event(1, { ...fields, missing: 4000, gap: 2.5 })] });
  expect(get("tbody summary").textContent).toBe(
    ': hi id: 7 retry: 3000 <p> {"n":1} [4,000 bytes more]',
  );
  expect(get("tbody .nbs-in-name").textContent).toBe("note");
  expect(get("tbody .nbs-in-gap").className).toContain("nbs-in-long");
  const fold = get<HTMLDetailsElement>("tbody details");
  fold.open = true;
  fold.dispatchEvent(new Event("toggle"));
  expect(get("tbody pre").textContent).toBe(
    ': hi\nevent: note\nid: 7\nretry: 3000\n<p>\n{\n  "n": 1\n}\n' +
      "[4,000 bytes more; w.inspect().events may have them]",
  );
});

test("what a server sends is text and nothing else", () => {
  const hostile = '<img src=x onerror="alert(1)"><script>alert(1)</script>';
  toggle().click();
  answer({
    facts: [[hostile, hostile]],
    headers: [[hostile, hostile]],
    note: hostile,
    events: [event(1, { event: hostile, data: hostile, comment: hostile })],
  });
  const panel = get(".nbs-in-panel");
  expect(panel.querySelector("img, script")).toBeNull();
  expect(get(".nbs-in-note").textContent).toBe(hostile);
});

describe("filter", () => {
  function type(words: string): void {
    get<HTMLInputElement>(".nbs-in-filter").value = words;
    get(".nbs-in-filter").dispatchEvent(new Event("input"));
  }

  test("shows what has the words, also of what comes later", () => {
    toggle().click();
    answer({ events: [event(1, { event: "Ping" }), event(2), event(5)] });
    type("pING");
    expect(shown()).toHaveLength(1);
    expect(get(".nbs-in-title").textContent).toBe("1 of 3 events");
    expect(get(".nbs-in-panel [role=status]").textContent).toBe("1 of 3 events");
    expect(get("tbody").className).toBe("nbs-in-filtered");
    answer({ events: [event(1, { event: "Ping" }), event(2), event(3, { comment: "ping" })] });
    expect(shown()).toHaveLength(2);
    type("");
    expect(shown()).toHaveLength(3);
  });

  test("Esc empties it, then closes the panel, and stops no answer", () => {
    toggle().click();
    answer();
    type("x");
    const field = get(".nbs-in-filter");
    expect(press(field, "Escape").defaultPrevented).toBe(true);
    expect(get<HTMLInputElement>(".nbs-in-filter").value).toBe("");
    expect(get(".nbs-inspector").hidden).toBe(false);
    press(field, "Escape");
    expect(get(".nbs-inspector").hidden).toBe(true);
    expect(document.activeElement).toBe(toggle());
    expect(opening.channel.count("cancel")).toBe(0);
  });
});

test("the report is copied as the kernel wrote it", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { clipboard: { writeText }, userAgent: "" });
  toggle().click();
  answer();
  const copy = get<HTMLButtonElement>(".nbs-in-bar button");
  expect(copy.textContent).toBe("Copy as bug report");
  copy.click();
  await vi.waitFor(() => expect(copy.textContent).toBe("Copied"));
  expect(writeText).toHaveBeenCalledWith("**the report**");
  opening.clock.pass(1500);
  expect(copy.textContent).toBe("Copy as bug report");
});

test("a view that takes another's place has the panel open, too", () => {
  toggle().click();
  answer();
  el.remove();
  el = document.createElement("div");
  document.body.append(el);
  mountView(el, opening.store, view.signal, heavy);
  answer();
  expect(shown()).toHaveLength(2);
  expect(toggle().getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement).not.toBe(toggle());
  toggle().click();
  expect(get(".nbs-inspector").hidden).toBe(true);
});

describe("the end of a panel", () => {
  const quiet = () => {
    const before = asked();
    opening.clock.pass(30_000);
    return asked() === before && opening.store.listeners.size === 0;
  };

  test("closed", () => {
    toggle().click();
    answer();
    get<HTMLButtonElement>(".nbs-in-bar button:last-child").click();
    expect(get(".nbs-inspector").childElementCount).toBe(0);
    expect(quiet()).toBe(true);
    toggle().click();
    expect(asked()).toBe(2);
  });

  test("with its view", () => {
    toggle().click();
    view.abort();
    expect(quiet()).toBe(true);
  });

  test("in a view that is taken out of the page, until it is put back", () => {
    toggle().click();
    answer();
    el.remove();
    opening.clock.pass(2000);
    expect(quiet()).toBe(true);
    expect(get(".nbs-inspector").childElementCount).toBe(0);
    document.body.append(el);
    resized();
    expect(asked()).toBe(2);
    expect(all(".nbs-in-panel")).toHaveLength(1);
    resized();
    expect(asked()).toBe(2);
  });
});
