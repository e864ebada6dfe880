import { expect, test } from "vitest";
import { createPlain } from "../../src/view/plain.js";
import { random, split } from "../markdown/html.js";

function show(pieces: Iterable<string>): HTMLElement {
  const el = document.createElement("div");
  const renderer = createPlain(el);
  for (const piece of pieces) renderer.append(piece);
  return el;
}

const lines = (el: Element) => [...el.querySelectorAll(".nbs-lines")];

const TEXT = Array.from({ length: 5000 }, (_, n) => `${n % 7 ? `line ${n} 😀` : ""}\r\n`).join("");

test("all of the text, in short elements", () => {
  for (const pieces of [[TEXT], split(TEXT, random(1))]) {
    const el = show(pieces);
    expect(el.textContent).toBe(TEXT);
    for (const { textContent } of lines(el))
      expect(textContent?.split("\n").length).toBeLessThan(42);
    expect(Math.max(...[...el.children].map((sheet) => sheet.childElementCount))).toBe(32);
  }
});

test("one long line, with spaces and without", () => {
  for (const line of ["word ".repeat(8000), "😀".repeat(20000)]) {
    for (const pieces of [[line], split(line, random(2))]) {
      const el = show(pieces);
      expect(el.textContent).toBe(line);
      for (const piece of lines(el)) {
        expect(piece.textContent?.length).toBeLessThan(3 * 4096);
        expect(piece.textContent).not.toMatch(/^[\udc00-\udfff]/);
      }
    }
  }
});

test("an append touches the last element only", () => {
  const el = document.createElement("div");
  const renderer = createPlain(el);
  renderer.append(TEXT);
  const before = lines(el).map((piece) => piece.firstChild);
  renderer.append("more");
  expect(
    lines(el)
      .map((piece) => piece.firstChild)
      .slice(0, before.length),
  ).toEqual(before);
});
