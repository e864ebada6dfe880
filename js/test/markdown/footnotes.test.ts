/** References to footnotes. */

import { expect, test, vi } from "vitest";
import { References } from "../../src/markdown/blocks/labels.js";
import { defaultLeafOptions, Leaf } from "../../src/markdown/dom/leaf.js";
import { createRenderer, embedder } from "./html.js";

function start(footnotes = true) {
  const el = document.createElement("div");
  const references = new References();
  const goto = vi.fn();
  const options = {
    ...defaultLeafOptions,
    embedder,
    footnotes,
    goto,
  };
  const add = (text: string, open = false) => {
    const leaf = new Leaf(el.appendChild(document.createElement("p")), references, options);
    leaf.show(text, open, false, () => true);
    references.resolve(() => true);
    return leaf;
  };
  const marks = () => [...el.querySelectorAll(".nbs-footnote")].map((one) => one.textContent);
  return { el, references, goto, add, marks };
}

test("a reference is text until its footnote is there, and stands for it then", () => {
  const { el, references, add, marks } = start();
  add("One[^a] *and* [^b].");
  expect(el.textContent).toBe("One[^a] and [^b].");
  const em = el.querySelector("em");
  references.defineFootnote("A", 1);
  references.resolve(() => true);
  expect(marks()).toEqual(["1"]);
  expect(el.textContent).toBe("One1 and [^b].");
  expect(el.querySelector("em")).toBe(em);
});

test("numbers are those of the footnotes, whatever comes first", () => {
  const { references, add, marks } = start();
  references.defineFootnote("B", 1);
  add("[^a] [^b]");
  references.defineFootnote("A", 2);
  references.defineFootnote("b", 3);
  references.resolve(() => true);
  expect(marks()).toEqual(["2", "1"]);
});

test("footnotes are at the end, whole and in pieces", () => {
  const text =
    "One[^x] two[^1].\n\n[^1]: first *note*\n\n    more\n[^x]: second\nlazy\n\nend[^1]\n";
  for (const pieces of [[text], text.split("")]) {
    const root = document.createElement("div");
    const renderer = createRenderer(root);
    for (const piece of pieces) renderer.append(piece);
    renderer.finish();
    const notes = [...root.querySelectorAll("section.nbs-footnotes > ol > li")];
    expect(notes.map((note) => note.textContent)).toEqual(["first notemore", "second\nlazy"]);
    expect(root.lastElementChild?.localName).toBe("section");
    expect([...root.querySelectorAll("sup")].map((one) => one.textContent)).toEqual([
      "2",
      "1",
      "1",
    ]);
    expect(root.querySelector(".nbs-page")?.textContent).toBe("One2 two1.end1");
  }
});

test.each([
  ["[^a](https://x.example)", "^a"],
  ["[^a b] [^] [^[a]] \\[^a] `[^a]`", "[^a b] [^] [^[a]] [^a] [^a]"],
  ["![^a]", "![^a]"],
  ["[^x]", "[^x]"],
])("no reference: %s", (text, shown) => {
  const { el, references, add } = start();
  references.defineFootnote("A", 1);
  references.defineFootnote("A B", 2);
  add(text);
  expect(el.querySelector("sup")).toBeNull();
  expect(el.textContent).toBe(shown);
});

test("markup in a label is no markup, and a reference is in no link", () => {
  const { el, references, add } = start();
  references.defineFootnote("*A*", 1);
  references.defineFootnote("B", 2);
  add("*x[^*a*] y* [see[^b]](https://x.example)");
  expect(el.querySelector("em")?.textContent).toBe("x1 y");
  expect(el.querySelector("a[href]")?.textContent).toBe("https://x.example");
  expect(el.textContent).toBe("x1 y [see2](https://x.example)");
});

test("a click or the Enter key leads to the footnote", () => {
  const { el, references, goto, add } = start();
  references.defineFootnote("A", 1);
  add("[^a]");
  const link = el.querySelector<HTMLElement>("sup a");
  expect(link?.getAttribute("role")).toBe("link");
  expect(link?.tabIndex).toBe(0);
  expect(link?.hasAttribute("href")).toBe(false);
  link?.click();
  link?.dispatchEvent(new KeyboardEvent("keydown", { key: "a" }));
  link?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  expect(goto.mock.calls).toEqual([[1], [1]]);
});

test("half a reference is not shown", () => {
  const { el, references, add } = start();
  references.defineFootnote("NOTE", 1);
  const leaf = add("One", true);
  for (const part of ["[", "^", "no", "te", "]", "."]) {
    leaf.show(
      `One${"[^note].".slice(0, "[^note].".indexOf(part) + part.length)}`,
      true,
      false,
      () => true,
    );
    expect(el.textContent).not.toContain("[");
  }
  expect(el.querySelector("sup")).not.toBeNull();
});

test("without footnotes, references are text", () => {
  const { el, references, add } = start(false);
  references.defineFootnote("A", 1);
  add("[^a]");
  expect(el.textContent).toBe("[^a]");
});
