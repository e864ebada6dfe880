/** What stays in place while a text arrives. */

import { expect, test, vi } from "vitest";
import * as inlines from "../../src/markdown/inlines/parser.js";
import type { MarkdownRenderer } from "../../src/markdown/renderer.js";
import { createRenderer, GFM, toHtml } from "./html.js";

vi.mock("../../src/markdown/inlines/parser.js", { spy: true });

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

test("what is read is not read again when markup follows", () => {
  const [el, renderer] = start("Some **bold** and `code` and more ");
  const before = [...(el.querySelector("p")?.childNodes ?? [])];
  const parsed = vi.mocked(inlines.parseInlines);
  parsed.mockClear();
  renderer.append("words, then **m");
  renderer.append("ore** of *it*");
  expect(parsed.mock.calls.map(([text]) => text)).toEqual([
    "more words, then **m",
    "more words, then **more** of *it",
  ]);
  expect([...(el.querySelector("p")?.childNodes ?? [])].slice(0, before.length)).toEqual(before);
  expect(el.querySelector("p")?.outerHTML).toBe(
    "<p>Some <strong>bold</strong> and <code>code</code> and more words, then " +
      "<strong>more</strong> of <em>it</em></p>",
  );
});

const WORDS = "some more words ".repeat(30);

test.each([
  ["emphasis within a word", `a*b ${WORDS} c*`],
  ["emphasis that nobody believed in", `**a ${WORDS} b**`],
  ["code", `a \` b ${WORDS} c \` d`],
  ["a price that is a formula", `$5 ${WORDS}x$`],
  ["a formula", `\\(a ${WORDS} b\\)`],
  ["a displayed formula", `a $$b ${WORDS.repeat(5)} c$$`],
  ["a tag", `<sub>a ${WORDS} b</sub>`],
  ["a link's text", `x[a ${WORDS} b](/c)`],
  ["a link's target", "x[a b]( /c 'd e' )"],
  ["a label", "x[a b][c d] e\n\n[c d]: /f"],
  ["a label that is only defined later", "[a b] c **d** e f **g**\n\n[a b]: /h"],
])("what is open is closed, whatever is between: %s", (_, text) => {
  const whole = toHtml([text], GFM);
  expect(toHtml([...text], GFM)).toBe(whole);
  expect(toHtml(text.split(/(?<= )/), GFM)).toBe(whole);
});

test.each([
  ["Hello", false],
  ["Caf\u00e9, \ufe0f, \u{1f600}", false],
  ["\u05e9\u05dc\u05d5\u05dd", true],
  ["Hello\n\n> \u0645\u0631\u062d\u0628\u0627", true],
  ["\u{1e922}", true],
  ["&#x5d0;", true],
  ["[\u202etxt.exe](https://e.x) a", true],
])("blocks have directions of their own where one runs from right to left: %j", (text, own) => {
  const [el] = start(...text);
  expect(el.classList.contains("nbs-bidi")).toBe(own);
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
