/** Very long leaves: cut where the text alone says, finished parts never touched again. */

import { describe, expect, test } from "vitest";
import { References } from "../../src/markdown/blocks/labels.js";
import { defaultLeafOptions, Leaf, SEGMENT } from "../../src/markdown/dom/leaf.js";
import { makeDocument } from "./documents.js";
import { embedder, GFM, random, render, split, toHtml } from "./html.js";

const always = () => true;
const show = (leaf: Leaf, text: string, open: boolean, more = always) =>
  leaf.show(text, open, false, more);

const start = () => {
  const el = document.createElement("p");
  const options = {
    ...defaultLeafOptions,
    embedder,
    goto: () => {},
  };
  return { el, leaf: new Leaf(el, new References(), options) };
};
const segments = (el: Element) => [...el.querySelectorAll(".nbs-segment")];
const WORDS = "some *words* and a `bit` of code, ";

describe.each([
  ["words", WORDS.repeat(1000)],
  ["lines", `${WORDS}\n`.repeat(1000)],
  ["one word", "word".repeat(10_000)],
  ["pairs of code units", `x${"😀".repeat(10_000)}`],
  ["spans that never close", "*a _b [c ".repeat(3000)],
  ["breaks", "line\\\n".repeat(5000)],
])("%s", (_, text) => {
  const whole = toHtml([text], GFM);

  test("nothing is lost", () => {
    const el = render([text], GFM);
    expect(segments(el).length).toBeGreaterThan(text.length / SEGMENT - 1);
    for (const one of segments(el)) expect(one.textContent?.length).toBeLessThanOrEqual(SEGMENT);
    const letters = (shown: string | null) => shown?.replace(/[*`\\\s]/g, "");
    expect(letters(el.textContent)).toBe(letters(text));
    expect(el.textContent).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  });

  test("pieces make no difference", () => {
    const next = random(3);
    const pieces = [];
    for (let at = 0; at < text.length; ) {
      const end = at + Math.floor(next() * 2000);
      pieces.push(text.slice(at, end));
      at = end;
    }
    expect(toHtml(pieces, GFM)).toBe(whole);
  });
});

test("random markup in one long paragraph, whole and in pieces", { timeout: 60_000 }, () => {
  const next = random(5);
  for (let n = 0; n < 5; n++) {
    let text = "a";
    while (text.length < 20_000) text += makeDocument(next).replace(/\s+/g, " ");
    const pieces = split(text, next);
    expect(toHtml(pieces, GFM)).toBe(toHtml([text], GFM));
  }
});

test("finished segments stay as they are", () => {
  const { el, leaf } = start();
  const text = WORDS.repeat(1000);
  show(leaf, text.slice(0, 20_000), true);
  const nodes = [...el.childNodes].slice(0, -1);
  const [first] = segments(el);
  const inner = [...(first?.childNodes ?? [])];
  show(leaf, text, true);
  expect([...el.childNodes].slice(0, nodes.length)).toEqual(nodes);
  expect(segments(el)[0]).toBe(first);
  expect([...(first?.childNodes ?? [])]).toEqual(inner);
});

test("a text that is another one", () => {
  const { el, leaf } = start();
  const text = WORDS.repeat(1000);
  for (const other of [text, `${text.slice(0, 12_000)}other ${text}`, "short", `x${text}`, text]) {
    show(leaf, other, true);
    const fresh = start();
    show(fresh.leaf, other, true);
    expect(el.isEqualNode(fresh.el)).toBe(true);
  }
});

test("what is left is shown later", () => {
  const text = WORDS.repeat(1000);
  const whole = start();
  expect(show(whole.leaf, text, false)).toBe(true);
  const { el, leaf } = start();
  let calls = 0;
  const twice = () => ++calls % 2 !== 0;
  expect(show(leaf, text, false, twice)).toBe(false);
  expect(segments(el)).toHaveLength(2);
  let rounds = 1;
  while (!leaf.work(twice)) rounds++;
  expect(rounds).toBe(segments(el).length >> 1);
  expect(el.isEqualNode(whole.el)).toBe(true);
  expect(leaf.work(always)).toBe(true);
});

test("a late definition changes a segment in its place", () => {
  const text = `[a] ${WORDS.repeat(300)}`;
  const el = render([text, "\n\n[a]: https://x.example\n"], {});
  expect(el.querySelector("p")?.firstElementChild?.localName).toBe("a");
  expect(el.querySelector("p")?.lastElementChild?.className).toBe("nbs-segment");
  expect(el.textContent).toBe(text.replace(/[[\]*`]/g, "").trim());
});

test("plain text goes into the node that is there, without being parsed", () => {
  const { el, leaf } = start();
  show(leaf, "A *b* c", true);
  const text = el.lastChild as Text;
  show(leaf, "A *b* c and more: (d, e", true);
  show(leaf, "A *b* c and more: (d, e. Who? x", true);
  expect(el.lastChild).toBe(text);
  expect(text.data).toBe(" c and more: (d, e. Who? x");
  show(leaf, "A *b* c and more: (d, e. Who? x@y.example", true);
  expect(el.lastElementChild?.localName).toBe("a");
});
