/** Tools, sources, images, reasoning and several answers, as a reader sees them. */

import { beforeEach, expect, test, vi } from "vitest";
import { noHeavy } from "../../src/lazy/lazy.js";
import { createImages } from "../../src/store/images.js";
import { mountView } from "../../src/view/view.js";
import { find, opened, openStore, status } from "../fakes.js";

let el: HTMLElement;
let opening: ReturnType<typeof openStore>;
let seq: number;

const get = <T extends HTMLElement = HTMLElement>(selector: string) => find<T>(el, selector);
const texts = (selector: string) =>
  [...el.querySelectorAll(selector)].map((one) => one.textContent);

/** Something comes for parts: each op without what follows from it. */
function come(...ops: Record<string, unknown>[]): void {
  seq++;
  const whole = ops.map((op) => ({ offset: 0, text: "", ...op }));
  opening.emit({ kind: "delta", stream: "s1", seq, ops: whole });
}

const tool = (part: string, info: object, more: object = {}) => ({
  ...{ part, type: "tool", info },
  ...more,
});

beforeEach(() => {
  opening = openStore();
  el = document.createElement("div");
  document.body.replaceChildren(el);
  const { channel, clock, store } = opening;
  const images = createImages(channel, clock, () => store.changed());
  mountView(el, store, new AbortController().signal, noHeavy, images);
  opening.emit(opened);
  seq = 1;
});

test("a tool's call, while its arguments arrive", () => {
  come(tool("tool:0", { kind: "function", name: "weather", status: "in_progress" }));
  expect(get(".nbs-tool-name").textContent).toBe("weather");
  expect(get(".nbs-tool-status").textContent).toBe("…");
  expect(get<HTMLDetailsElement>(".nbs-tool").open).toBe(true);
  come({ part: "tool:0", type: "tool", text: '{"city": "Zü' });
  expect(get(".nbs-tool code").textContent).toContain('{\n  "city": "Zü');
  come({ part: "tool:0", type: "tool", offset: 12, text: 'rich", "days": []}' });
  come(tool("tool:0", { status: "completed", seconds: 1.5, result: "<b>sunny" }, { offset: 30 }));
  expect(get(".nbs-tool code").textContent).toBe('{\n  "city": "Zürich",\n  "days": []\n}');
  expect(get(".nbs-tool-status").textContent).toBe("1.5 s");
  expect(get(".nbs-tool-result").textContent).toBe("<b>sunny");
  expect(el.querySelector("b")).toBeNull();
  opening.emit(status(++seq, "completed"));
  expect(get<HTMLDetailsElement>(".nbs-tool").open).toBe(true);
});

test("what is no JSON, and a fence in it, stays as it is", () => {
  come(tool("tool:0", { kind: "custom", name: "sql" }, { text: "select '\n```\n# a'" }));
  opening.emit(status(++seq, "completed"));
  expect(get(".nbs-tool code").textContent?.trimEnd()).toBe("select '\n```\n# a'");
  expect(el.querySelector("h1")).toBeNull();
});

test("a tool that fails, one that asks, one that was not complete", () => {
  come(
    tool("tool:0", { kind: "mcp_call", name: "find", server: "docs", error: "no such page" }),
    tool("tool:1", { kind: "mcp_approval_request", name: "drop", server: "docs" }),
    tool("tool:2", { kind: "function", name: "late", status: "in_progress" }),
  );
  opening.emit(status(++seq, "cancelled"));
  expect(texts(".nbs-tool-name")).toEqual(["find (docs)", "drop (docs)", "late"]);
  expect(texts(".nbs-tool-status")).toEqual(["failed", "asks for approval", "not complete"]);
  expect(get(".nbs-tool-result").textContent).toBe("no such page");
  expect(get(".nbs-tool").dataset.state).toBe("failed");
});

test("a call that waits for approval has buttons, until it is decided", () => {
  const asks = () => [...el.querySelectorAll<HTMLElement>(".nbs-ask")].map((one) => !one.hidden);
  const info = { kind: "function", name: "delete_file", status: "awaiting_approval" };
  const decisions = (requests: object[]) =>
    requests.filter((request) => "kind" in request && request.kind === "decide");
  come(
    tool("tool:0", { name: "look", status: "completed" }),
    tool("2/tool:0", { ...info, status: "in_progress" }),
  );
  expect(asks()).toEqual([false, false]);
  el.querySelectorAll("summary")[1]?.click();
  come(tool("2/tool:0", info));
  expect(asks()).toEqual([false, true]);
  expect(el.querySelectorAll<HTMLDetailsElement>(".nbs-tool")[1]?.open).toBe(true);
  expect(texts(".nbs-tool-status")).toEqual(["", "awaiting approval"]);
  const [approve, decline] = [...el.querySelectorAll("button")].filter((button) =>
    button.closest(".nbs-ask:not([hidden])"),
  );
  expect([approve?.textContent, decline?.textContent]).toEqual(["Approve", "Decline"]);
  decline?.click();
  approve?.focus();
  approve?.click();
  expect(approve?.getAttribute("aria-pressed")).toBe("true");
  expect(decline?.getAttribute("aria-pressed")).toBe("false");
  const request = { v: 1, kind: "decide", stream: "s1", part: "2/tool:0" };
  const expected = [false, true].map((approved) => ({ ...request, approved }));
  expect(decisions(opening.channel.sent)).toEqual(expected);
  // By the way that works while a cell computes, too.
  expect(decisions(opening.channel.urged)).toEqual(expected);
  come(tool("2/tool:0", { status: "running" }));
  expect(asks()).toEqual([false, false]);
  expect(texts(".nbs-tool-status")[1]).toBe("running");
  expect(document.activeElement).toBe(get(".nbs-view"));
  come(tool("2/tool:0", { status: "declined", error: "the call was declined", seconds: 0.25 }));
  expect(texts(".nbs-tool-status")[1]).toBe("declined · 0.25 s");
  expect(el.querySelectorAll<HTMLElement>(".nbs-tool")[1]?.dataset.state).toBe("declined");
  expect(texts(".nbs-tool-result")[1]).toBe("the call was declined");
});

test("what the end of the stream makes of calls", () => {
  const states = ["running", "awaiting_approval", "being_checked", "stopped", "not_run"];
  come(...states.map((status, n) => tool(`tool:${n}`, { name: "a", status })));
  const running = ["running", "awaiting approval", "being checked", "stopped", "not run"];
  expect(texts(".nbs-tool-status")).toEqual(running);
  opening.emit(status(++seq, "cancelled"));
  const ended = ["not complete", "not complete", "not complete", "stopped", "not run"];
  expect(texts(".nbs-tool-status")).toEqual(ended);
  expect(el.querySelector(".nbs-ask:not([hidden])")).toBeNull();
});

test("what a search looks for stands beside its name", () => {
  come(tool("tool:0", { kind: "web_search_call", status: "searching" }, { text: "tallest\npeak" }));
  expect(get("summary").textContent).toBe("web searchtallest peaksearching");
  expect(el.querySelector(".nbs-tool code")).toBeNull();
});

test("calls are open until an answer follows, reasoning until anything does", () => {
  const open = () => [...el.querySelectorAll("details")].map((one) => one.open);
  come({ part: "reasoning", type: "reasoning", text: "hm" });
  expect(open()).toEqual([true]);
  come(tool("tool:0", { name: "a" }), tool("tool:1", { name: "b" }));
  expect(open()).toEqual([false, true, true]);
  el.querySelectorAll("summary")[2]?.click();
  el.querySelectorAll("summary")[2]?.click();
  come({ text: "Sunny." });
  expect(open()).toEqual([false, false, true]);
});

test("parts of reasoning share a fold, which says how long all of them took", () => {
  come({ part: "summary:0/0", type: "reasoning", text: "one" });
  expect(texts("summary")).toEqual(["reasoning…"]);
  come({ part: "summary:0/0", type: "reasoning", offset: 3, info: { seconds: 1.2 } });
  come({ part: "summary:0/1", type: "reasoning", text: "two" });
  expect(texts("summary")).toEqual(["reasoning…"]);
  come({ part: "summary:0/1", type: "reasoning", offset: 3, info: { seconds: 0.8 } });
  come({ text: "Yes" });
  expect(texts("summary")).toEqual(["reasoned for 2.0 s"]);
  expect(texts(".nbs-reasoning .nbs-markdown")).toEqual(["one", "two"]);
  get(".nbs-show-raw").click();
  opening.clock.pass(16);
  expect(texts(".nbs-reasoning .nbs-raw")).toEqual(["one", "two"]);
});

test("sources are numbered, and link to web pages only", () => {
  const sources = [
    { url: "https://www.a.example/x", title: "A <b>", quote: "of it" },
    { title: "b.pdf" },
    { url: "javascript:alert(1)", title: "evil" },
    { url: "https://c.example/" },
  ];
  come({ text: "Yes", info: { sources } });
  expect(texts(".nbs-sources > summary")).toEqual(["4 sources"]);
  expect(texts(".nbs-sources li")).toEqual(["A <b> a.example", "b.pdf", "evil", "c.example"]);
  const links = [...el.querySelectorAll<HTMLAnchorElement>(".nbs-sources a")];
  expect(links.map((link) => link.href)).toEqual(["https://www.a.example/x", "https://c.example/"]);
  for (const link of links) expect(link.rel).toBe("noopener noreferrer");
  expect(get<HTMLDetailsElement>(".nbs-sources").open).toBe(true);
  come({ offset: 3, info: { sources: [...sources, { title: "e" }] } });
  expect(texts(".nbs-sources > summary")).toEqual(["5 sources"]);
  expect(get<HTMLDetailsElement>(".nbs-sources").open).toBe(false);
});

test("an image is fetched frame by frame, each once", () => {
  const made = vi
    .spyOn(URL, "createObjectURL")
    .mockReturnValueOnce("blob:1")
    .mockReturnValue("blob:2");
  const revoked = vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
  const asked = () => opening.channel.sent.filter(({ kind }) => kind === "image");
  const answer = (frame: number) => {
    const content = { v: 1, kind: "image", stream: "s1", part: "image:0", frame, format: "png" };
    opening.channel.receive(content, [new DataView(new ArrayBuffer(4))]);
    opening.clock.pass(16);
  };
  const frame = (number: number, more: object = {}) =>
    come({ part: "image:0", type: "image", info: { frame: number, ...more } });
  come({ part: "image:0", type: "image", info: { kind: "image_generation_call" } });
  expect(get("figcaption").textContent).toBe("being made…");
  expect(asked()).toEqual([]);
  frame(1);
  frame(2);
  expect(asked()).toEqual([{ v: 1, kind: "image", stream: "s1", part: "image:0" }]);
  answer(1);
  expect(get<HTMLImageElement>("img").src).toBe("blob:1");
  expect(asked()).toHaveLength(2);
  answer(2);
  expect(get<HTMLImageElement>("img").src).toBe("blob:2");
  expect(revoked).toHaveBeenCalledWith("blob:1");
  expect(get("figcaption").textContent).toBe("frame 2, getting sharper…");
  frame(3, { status: "completed", size: "1024x1024" });
  // The answer is lost: it is asked for again.
  opening.clock.pass(11_000);
  expect(asked()).toHaveLength(4);
  expect(get("figcaption").textContent).toBe("1024x1024");
  made.mockRestore();
  revoked.mockRestore();
});

test("a kernel that is gone and an image that has not come leave the rest as it is", () => {
  const { channel, clock } = opening;
  channel.send = () => {
    throw new Error("Kernel is dead");
  };
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  come({ part: "text", text: "Before. " }, { part: "image:0", type: "image", info: { frame: 1 } });
  come({ part: "text", offset: 8, text: "After." });
  channel.news("ended");
  clock.pass(20_000);
  expect(get(".nbs-markdown").textContent).toBe("Before. After.");
  expect(get(".nbs-notice").textContent).toContain("The kernel has ended");
  warn.mockRestore();
});

test("several answers stand beside each other", () => {
  come({ text: "One" });
  come({ part: "1.text", text: "Uno" }, { offset: 3, text: "." });
  come({ part: "1.text", offset: 3, text: "!" });
  expect(texts(".nbs-lane > .nbs-mark")).toEqual(["answer 1", "answer 2"]);
  expect(texts(".nbs-lane .nbs-markdown")).toEqual(["One.", "Uno!"]);
});

test("what is spoken is marked as such", () => {
  come({ part: "audio", type: "audio", text: "Good day" });
  expect(get(".nbs-audio .nbs-mark").textContent).toBe("spoken, as a transcript");
  expect(get(".nbs-audio .nbs-markdown").textContent).toBe("Good day");
});
