/** Hostile sizes: work grows with the text, not with its square. Ratios of times, no times. */

import { expect, test } from "vitest";
import { COMMONMARK, GFM, render } from "./html.js";

const repeat = (piece: string) => (count: number) => piece.repeat(count);

const INPUTS: [name: string, make: (count: number) => string, count: number][] = [
  ["runs that never match", repeat("*_ a"), 8000],
  ["runs that may match", repeat("*a_ "), 8000],
  ["runs inside one another", (n) => "*a **a ".repeat(n) + "a** a*".repeat(n), 3000],
  ["strikethrough", repeat("~a ~~b "), 6000],
  ["opening brackets", repeat("["), 50_000],
  ["images in brackets", repeat("![[]("), 12_000],
  ["links after open brackets", (n) => "[".repeat(n) + "[a](b)".repeat(n), 6000],
  ["links after open images", (n) => "![".repeat(n) + "[a](b)".repeat(n), 6000],
  ["half a link", repeat("[a](<b"), 8000],
  ["links with parentheses", repeat("[a](b("), 8000],
  ["half a title", repeat('[a](b "c '), 8000],
  [
    "runs of backticks",
    (n) => Array.from({ length: n }, (_, i) => `a${"`".repeat(i)}`).join(""),
    300,
  ],
  ["autolinks that do not end", repeat("<a:b"), 12_000],
  ["half an entity", repeat("&#1234&a"), 8000],
  ["addresses", repeat("https://a.b/(c) "), 4000],
  ["an address with parentheses", (n) => `https://a.b/${")".repeat(n)}`, 50_000],
  ["signs of mail", repeat("a@"), 25_000],
  ["names of mail", (n) => `${"a".repeat(n)}@b`, 50_000],
  ["quotes in quotes", repeat("> "), 5000],
  ["lists in lists on one line", repeat("- "), 5000],
  ["lazy quotes", repeat("> a\nb\n"), 4000],
  [
    "definitions",
    (n) => Array.from({ length: n }, (_, i) => `[${i}]: u\n\n[${i}]\n\n`).join(""),
    700,
  ],
  ["rows", (n) => `|a|b|\n|-|-|\n${"|c|d|\n".repeat(n)}`, 700],
  ["cells", (n) => `${"|a".repeat(n)}\n${"|-".repeat(n)}\n`, 700],
  ["spaces", (n) => `a${" ".repeat(n)}b#${" ".repeat(n)}#`, 50_000],
  ["a heading's end", (n) => `# a${" #".repeat(n)} b`, 25_000],
  ["hyphens and spaces", (n) => `${"- ".repeat(n)}x`, 25_000],
];

/** The shortest of a few runs, in ms. */
function time(text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    render([text], GFM);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

test.each(INPUTS)("%s", { timeout: 60_000 }, (_, make, count) => {
  const small = Math.max(time(make(count >> 2)), 1);
  const ratio = time(make(count * 2)) / small;
  // Eight times the text; its square would be 64.
  expect(ratio).toBeLessThan(24);
});

const depthOf = (el: Element): number =>
  1 + Math.max(0, ...[...el.children].map((child) => depthOf(child)));

test.each([
  ["quotes", "> ".repeat(5000)],
  ["lists", "- ".repeat(5000)],
  ["lists, a line each", Array.from({ length: 300 }, (_, n) => `${"  ".repeat(n)}- a\n`).join("")],
  ["emphasis", "*a _a ".repeat(3000) + "a_ a*".repeat(3000)],
  ["images", "![".repeat(3000) + "](a)".repeat(3000)],
])("nesting is capped: %s", (_, text) => {
  expect(depthOf(render([`${text}x`], COMMONMARK))).toBeLessThan(140);
});
