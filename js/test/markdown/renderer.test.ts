/** What stays in place while a text arrives. */

import { expect, test } from "vitest";
import type { MarkdownRenderer } from "../../src/markdown/index.js";
import { createRenderer } from "./html.js";

function start(...pieces: string[]): [HTMLElement, MarkdownRenderer] {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  for (const piece of pieces) renderer.append(piece);
  return [el, renderer];
}

test("text grows in the node that it is in", () => {
  const [el, renderer] = start("Hello **bold** wo");
  const [hello, bold, rest] = el.querySelector("p")?.childNodes ?? [];
  renderer.append("rld\nand *more");
  renderer.append("* of it\n");
  expect([...(el.querySelector("p")?.childNodes ?? [])].slice(0, 3)).toEqual([hello, bold, rest]);
  expect(rest?.textContent).toBe(" world\nand ");
});

test("finished blocks stay the same nodes", () => {
  const [el, renderer] = start("# Title\n\n- a\n- b\n\n```\ncode\n```\n\nlast");
  const before = [...el.querySelectorAll("*")];
  renderer.append(" line\n\n> new\n\n[a]: https://x.example\n");
  renderer.finish();
  expect([...el.querySelectorAll("*")].slice(0, before.length)).toEqual(before);
});

test("a list that becomes loose moves no node", () => {
  const [el, renderer] = start("- a\n- b");
  const before = [...el.querySelectorAll("*")];
  expect(el.querySelector("ul")?.hasAttribute("data-tight")).toBe(true);
  renderer.append("\n\n- c");
  expect(el.querySelector("ul")?.hasAttribute("data-tight")).toBe(false);
  expect([...el.querySelectorAll("*")].slice(0, before.length)).toEqual(before);
});

test("a late definition touches only what waits for it", () => {
  const [el, renderer] = start("[a] and [b]\n\n*other*\n\n");
  const other = el.querySelectorAll("p")[1]?.firstChild;
  renderer.append("[a]: https://x.example\n\n");
  expect(el.querySelector("a")?.getAttribute("href")).toBe("https://x.example");
  expect(el.querySelector("p")?.textContent).toBe("a and [b]");
  expect(el.querySelectorAll("p")[1]?.firstChild).toBe(other);
});

test("the first definition of a label counts", () => {
  const [el, renderer] = start("[a]\n\n[a]: https://x.example\n\n[a]: https://y.example\n\n");
  renderer.finish();
  expect(el.querySelector("a")?.getAttribute("href")).toBe("https://x.example");
});

test("a line that may go on defines nothing", () => {
  // What looks like a fence, which would end the definition, is the rest of its title.
  const [el, renderer] = start('[a]\n\n[a]: https://x.example\n"one\n```b', '`"\n\n');
  renderer.finish();
  expect(el.querySelector("a")?.title).toBe("one\n```b`\nhttps://x.example");
});

test("definitions are not shown while they arrive", () => {
  const [el] = start("[a]: https://x.example\n");
  expect(el.querySelector("p")?.hidden).toBe(true);
});

test("a finished renderer may be finished again", () => {
  const [el, renderer] = start("a\r");
  renderer.finish();
  renderer.finish();
  expect(el.textContent).toBe("a");
});
