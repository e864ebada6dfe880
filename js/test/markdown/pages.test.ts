/** Pages, segments of lists and tables: no element holds everything, and nothing shows it. */

import { expect, test, vi } from "vitest";
import { SEGMENT } from "../../src/markdown/dom/leaf.js";
import { createRenderer } from "./html.js";

function show(text: string) {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  renderer.append(text);
  return { el, renderer };
}

const lines = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join("");

test("blocks are in pages, which begin with a paragraph if possible", () => {
  const { el } = show(lines(100, (n) => `# ${n}\n\ntext ${n}\n\n`));
  const pages = [...el.children];
  expect(pages.map((page) => page.className)).toEqual(Array(5).fill("nbs-page"));
  for (const page of pages.slice(1)) expect(page.firstElementChild?.localName).toBe("p");
  expect(el.querySelectorAll("h1, p")).toHaveLength(200);
});

test("a page without paragraphs ends, too", () => {
  const { el } = show(lines(200, (n) => `# ${n}\n`));
  expect([...el.children].map((page) => page.children.length)).toEqual([80, 80, 40]);
});

test("a long list goes on in further lists", () => {
  const { el } = show(lines(130, (n) => `${n + 5}. x\n`));
  const lists = [...el.querySelectorAll("ol")];
  expect(lists.map((list) => list.children.length)).toEqual([64, 64, 2]);
  expect(lists.map((list) => list.getAttribute("start"))).toEqual(["5", "69", "133"]);
  expect(lists.every((list) => list.hasAttribute("data-tight"))).toBe(true);
});

test("all of a long list becomes loose", () => {
  const { el, renderer } = show(lines(70, () => "- x\n"));
  renderer.append("\n- y\n");
  expect(el.querySelectorAll("ul")).toHaveLength(2);
  expect(el.querySelector("[data-tight]")).toBeNull();
});

test("a long table goes on in further tables", () => {
  const { el } = show(`| a | b |\n|--|--:|\n${lines(130, (n) => `| ${n} | x |\n`)}`);
  const tables = [...el.querySelectorAll(".nbs-table > div > table")];
  expect(tables.map((table) => table.querySelectorAll("tbody > tr").length)).toEqual([64, 64, 2]);
  expect(tables.map((table) => table.querySelectorAll("thead > tr").length)).toEqual([1, 0, 0]);
});

test("what a guess has begun is taken back, with the element that was made for it", () => {
  const { el, renderer } = show(lines(64, () => "- x\n"));
  renderer.append("- a");
  expect(el.querySelectorAll("ul")).toHaveLength(2);
  // The line ends as another list's.
  renderer.append("\n");
  expect(el.querySelectorAll("ul")).toHaveLength(2);
  const table = show(`| a |\n|---|\n${lines(64, () => "| x |\n")}`);
  table.renderer.append("text");
  expect(table.el.querySelectorAll("table")).toHaveLength(2);
  table.renderer.append("\n");
  table.renderer.append("\nend");
  expect(table.el.querySelectorAll("tr")).toHaveLength(66);
});

/** A renderer whose frames are run by hand. */
function framed() {
  const el = document.createElement("div");
  let next: (() => void) | null = null;
  const renderer = createRenderer(el, {
    schedule: (run) => {
      next = run;
    },
  });
  const frame = () => {
    const run = next;
    next = null;
    run?.();
    return run !== null;
  };
  return { el, renderer, frame };
}

test("long texts are done in slices, if there is a way to go on", () => {
  const { el, renderer, frame } = framed();
  renderer.append(lines(5000, (n) => `text ${n}\n\n`));
  renderer.append("and *more");
  renderer.finish();
  let slices = 0;
  while (frame()) slices++;
  expect(slices).toBeGreaterThan(1);
  expect(el.querySelectorAll("p")).toHaveLength(5001);
  expect(el.textContent?.endsWith("and *more")).toBe(true);
});

test.each(["", "\n\nmore"])("a long line comes in steps (%j behind it)", (behind) => {
  const { el, renderer, frame } = framed();
  const line = "0123456789".repeat(30_000);
  renderer.append(`\`\`\`\n${line}\n${behind}`);
  let before = 0;
  do {
    const { length } = el.querySelector("pre")?.textContent ?? "";
    expect(length - before).toBeLessThan(line.length / 3);
    before = length;
  } while (frame());
  renderer.finish();
  expect(el.querySelector("pre")?.textContent).toBe(`${line}\n${behind}${behind && "\n"}`);
});

test("when its time is over, a frame does no more of a long paragraph", () => {
  const { el, renderer, frame } = framed();
  let now = 0;
  const clock = () => {
    now += 5;
    return now;
  };
  // As slow as to be over with the first of the segments.
  vi.spyOn(performance, "now").mockImplementation(clock);
  const text = `${"word ".repeat(3000)}end`;
  renderer.append(text);
  let before = 0;
  do {
    const { length } = el.textContent ?? "";
    expect(length - before).toBeLessThanOrEqual(SEGMENT);
    before = length;
  } while (frame());
  vi.restoreAllMocks();
  renderer.finish();
  while (frame());
  expect(el.textContent).toBe(text);
});

test("a table of very many columns is text", () => {
  const table = (columns: number) =>
    show(`${"|a".repeat(columns)}\n${"|-".repeat(columns)}\n\nend`).el;
  expect(table(500).querySelectorAll("th")).toHaveLength(500);
  const { firstElementChild } = table(501);
  expect(firstElementChild?.querySelector("table")).toBeNull();
  expect(firstElementChild?.textContent).toContain(`${"|a".repeat(501)}\n${"|-".repeat(501)}`);
});
