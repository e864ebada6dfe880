/**
 * Hostile sizes: so large that work which grows with the text is done soon, and work that grows with
 * its square not within the deadline. What each frame costs is measured by `dev.py bench adversarial`.
 */

import { expect, test } from "vitest";
import { References } from "../../src/markdown/blocks/labels.js";
import { BlockParser } from "../../src/markdown/blocks/parser.js";
import { findAutolinks } from "../../src/markdown/embeds/autolinks.js";
import { parseInlines } from "../../src/markdown/inlines/parser.js";
import { COMMONMARK, render } from "./html.js";

const repeat = (piece: string) => (count: number) => piece.repeat(count);

type Input = [name: string, make: (count: number) => string, count: number];

const INLINES: Input[] = [
  ["runs that never match", repeat("*_ a"), 8000],
  ["runs that may match", repeat("*a_ "), 8000],
  ["runs inside one another", (n) => "*a **a ".repeat(n) + "a** a*".repeat(n), 3000],
  ["strikethrough", repeat("~a ~~b "), 6000],
  ["opening brackets", repeat("["), 50_000],
  ["images in brackets", repeat("![[]("), 12_000],
  ["links after open brackets", (n) => "[".repeat(n) + "[a](b)".repeat(n), 1500],
  ["links after open images", (n) => "![".repeat(n) + "[a](b)".repeat(n), 1500],
  ["half a link", repeat("[a](<b"), 8000],
  ["links with parentheses", repeat("[a](b("), 8000],
  ["half a title", repeat('[a](b "c '), 8000],
  ["formulas that do not end", repeat("$a \\(b $$c "), 4000],
  ["formulas", repeat("$a$ \\(b\\) "), 4000],
  ["tags that do not end", repeat("<sub>a<kbd>"), 4000],
  ["tags that do not begin", (n) => "<sub>".repeat(n) + "</sup>".repeat(n), 4000],
  ["tags", (n) => "<sub>a</sub><kbd>".repeat(n) + "</kbd>".repeat(n), 3000],
  ["footnotes", repeat("[^a] ![^b"), 6000],
  ["autolinks that do not end", repeat("<a:b"), 12_000],
  ["half an entity", repeat("&#1234&a"), 8000],
  ["addresses", repeat("https://a.b/(c) "), 2000],
  ["an address with parentheses", (n) => `https://a.b/${")".repeat(n)}`, 50_000],
  ["signs of mail", repeat("a@"), 25_000],
  ["names of mail", (n) => `${"a".repeat(n)}@b`, 50_000],
];

const BLOCKS: Input[] = [
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
  ["formulas in an open one", (n) => `a $$\n${"\\[x\n".repeat(n)}`, 4000],
  ["formulas that close and open", (n) => `a $$\n${"$$ b $$ c\n".repeat(n)}`, 4000],
  ["hyphens and spaces", (n) => `${"- ".repeat(n)}x`, 25_000],
];

const OPTIONS = {
  strikethrough: 2,
  embedder: { addresses: findAutolinks },
  math: true,
  html: true,
  unfinished: false,
  lookup: () => undefined,
  footnotes: true,
};

/** Its square would take minutes and more (ms). */
const DEADLINE = 60_000;
const TIMES = 32;

test.each(INLINES)("%s", { timeout: DEADLINE }, (_, make, count) => {
  const text = make(count * TIMES).trimEnd();
  expect(parseInlines(text, OPTIONS).inlines.length).toBeGreaterThan(0);
});

test.each(BLOCKS)("%s", { timeout: DEADLINE }, (_, make, count) => {
  const parser = new BlockParser(
    {
      definitions: true,
      tables: true,
      footnotes: true,
      math: true,
      html: true,
    },
    new References(),
  );
  for (const line of make(count * TIMES).split("\n")) {
    const start = line.slice(0, 4);
    parser.guess(start);
    parser.add(line, start.length);
    parser.settle();
  }
  parser.finish();
  expect(parser.root.children.length).toBeGreaterThan(0);
});

test("more inlines in one leaf than a call may have arguments", () => {
  const text = "*a* ".repeat(150_000);
  const { inlines } = parseInlines(text.trimEnd(), OPTIONS);
  expect(inlines).toHaveLength(299_999);
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
