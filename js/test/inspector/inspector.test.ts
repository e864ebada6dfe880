/** The panel that shows what came on the wire: opened from a view, filled by the kernel. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { status } from "../fakes.js";
import { PATIENCE } from "../patience.js";
import {
  all,
  answer,
  asked,
  get,
  mount,
  page,
  setUp,
  shown,
  tearDown,
  texts,
  toggle,
} from "./panel.js";

beforeEach(setUp);
afterEach(tearDown);

describe("opening", () => {
  test("nothing is asked for before", () => {
    page.opening.clock.pass(60_000);
    expect(asked()).toBe(0);
    expect(toggle().getAttribute("aria-expanded")).toBe("false");
    expect(page.el.querySelector(".nbs-in-panel")).toBeNull();
  });

  test("asks the kernel, and says so until it answers", () => {
    toggle().click();
    expect(toggle().getAttribute("aria-expanded")).toBe("true");
    expect(get(".nbs-in-title").textContent).toBe("Waiting for the kernel…");
    expect(get<HTMLButtonElement>(".nbs-in-bar button").disabled).toBe(true);
    expect(document.activeElement).toBe(toggle());
    expect(page.opening.channel.sent.at(-1)).toMatchObject({ kind: "inspect", stream: "s1" });
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
    page.loaded = false;
    toggle().click();
    expect(get(".nbs-inspector").textContent).toBe("Waiting for the kernel…");
    expect(asked()).toBe(0);
    page.loaded = true;
    for (const ready of page.waiting) ready();
    expect(asked()).toBe(1);
    expect([...get(".nbs-inspector").childNodes]).toEqual(all(".nbs-in-panel"));
    expect(all(".nbs-in-panel")).toHaveLength(1);
  });

  test("that was closed before its part came stays closed", () => {
    page.loaded = false;
    toggle().click();
    toggle().click();
    page.loaded = true;
    for (const ready of page.waiting) ready();
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
    expect(page.opening.channel.sent.at(-1)).toEqual(sent);
  });

  test("a kernel that is gone is not offered to be asked", () => {
    page.opening.channel.connection();
    page.opening.clock.pass(16);
    expect(toggle().hidden).toBe(true);
    page.opening.emit(status(3, "in_progress"));
    expect(toggle().hidden).toBe(false);
  });

  test("what is there stays when the kernel goes", () => {
    toggle().click();
    answer();
    page.opening.channel.connection();
    page.opening.clock.pass(60_000);
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
      page.opening.clock.pass(984);
    }
    expect(asked()).toBeGreaterThanOrEqual(9);
    expect(asked()).toBeLessThanOrEqual(11);
    page.opening.emit(status(3, "completed"));
    answer();
    page.opening.clock.pass(1000);
    const before = asked();
    answer();
    page.opening.clock.pass(60_000);
    expect(asked() - before).toBeLessThanOrEqual(1);
  });

  test("an answer that does not come is waited for, and then asked for again", () => {
    toggle().click();
    page.opening.clock.pass(9000);
    expect(asked()).toBe(1);
    page.opening.clock.pass(2000);
    expect(asked()).toBe(2);
  });

  test("messages that are for others, or no answer, change nothing", () => {
    toggle().click();
    answer({ stream: "s2" });
    answer({ events: [{ number: 0 }] });
    expect(get(".nbs-in-title").textContent).toBe("Waiting for the kernel…");
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
  await vi.waitFor(() => expect(copy.textContent).toBe("Copied"), PATIENCE);
  expect(writeText).toHaveBeenCalledWith("**the report**");
  page.opening.clock.pass(1500);
  expect(copy.textContent).toBe("Copy as bug report");
});

test("a view that takes another's place has the panel open, too", () => {
  toggle().click();
  answer();
  page.el.remove();
  mount();
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
    page.opening.clock.pass(30_000);
    return asked() === before && page.opening.store.listeners.size === 0;
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
    page.view.abort();
    expect(quiet()).toBe(true);
  });

  test("in a view that is taken out of the page, until it is put back", () => {
    toggle().click();
    answer();
    page.el.remove();
    page.opening.clock.pass(2000);
    expect(quiet()).toBe(true);
    expect(get(".nbs-inspector").childElementCount).toBe(0);
    document.body.append(page.el);
    page.resized();
    expect(asked()).toBe(2);
    expect(all(".nbs-in-panel")).toHaveLength(1);
    page.resized();
    expect(asked()).toBe(2);
  });
});
