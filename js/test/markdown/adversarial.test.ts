/** Hostile sizes: work grows with the text, not with its square. Ratios of times, no times. */

import { expect, test } from "vitest";
import { parseInlines } from "../../src/markdown/inlines.js";
import { COMMONMARK, GFM, render } from "./html.js";

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
  ["hyphens and spaces", (n) => `${"- ".repeat(n)}x`, 25_000],
];

/** How long `work` takes, in ms. */
function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/**
 * How much longer `large` takes than `small`. Garbage collection and other processes only ever add
 * time, so the shortest run of each counts, and a ratio that is too high is measured again.
 */
function growth(small: () => void, large: () => void, bound: number): number {
  let few = Number.POSITIVE_INFINITY;
  let many = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8 && (round < 2 || many / few >= bound); round++) {
    few = Math.min(few, Math.max(time(small), 1));
    many = Math.min(many, time(large));
  }
  return many / few;
}

const OPTIONS = {
  strikethrough: true,
  autolinks: true,
  math: true,
  html: true,
  unfinished: false,
  lookup: () => undefined,
  footnotes: true,
};

// Parsed only: the DOM of these tests takes more than linear time for many nodes in one parent.
test.each(INLINES)("%s", { timeout: 60_000 }, (_, make, count) => {
  const parse = (text: string) => () => void parseInlines(text.trimEnd(), OPTIONS);
  // Eight times the text; its square would be 64.
  expect(growth(parse(make(count * 2)), parse(make(count * 16)), 24)).toBeLessThan(24);
});

test.each(BLOCKS)("%s", { timeout: 60_000 }, (_, make, count) => {
  const show = (text: string) => () => void render([text], GFM);
  // Eight times the text; its square would be 64.
  expect(growth(show(make(count >> 2)), show(make(count * 2)), 24)).toBeLessThan(24);
});

const LINE = "word *em* `c` and some more text, as long as a line of an answer is at times";

test.each([
  ["one line", (n: number) => `${LINE} `.repeat(n)],
  ["one paragraph", (n: number) => `${LINE}\n`.repeat(n)],
  ["paragraphs", (n: number) => `${LINE}\n\n`.repeat(n)],
  ["one list", (n: number) => `- ${LINE}\n`.repeat(n)],
  ["one table", (n: number) => `|a|b|\n|-|-|\n${`| *a* | ${LINE} |\n`.repeat(n)}`],
  ["one block of code", (n: number) => `\`\`\`\n${`${LINE}\n`.repeat(n)}`],
  ["open spans", (n: number) => "*a _b [c ".repeat(n * 8)],
  ["runs", (n: number) => "*_".repeat(n * 40)],
  ["brackets", (n: number) => "[".repeat(n * 80)],
  [
    "backticks",
    (n: number) => Array.from({ length: n }, (_, i) => `a${"`".repeat(i % 90)}`).join(""),
  ],
  ["formulas", (n: number) => "$a \\(b $$c ".repeat(n * 8)],
  ["tags", (n: number) => "<sub>a<kbd>".repeat(n * 8)],
] as const)("streamed in small pieces: %s", { timeout: 120_000 }, (_, make) => {
  const streamed = (count: number) => {
    const pieces = make(count).match(/.{1,32}/gs) ?? [];
    return () => void render([...pieces], GFM);
  };
  streamed(100)();
  // Eight times the text; its square would be 64.
  expect(growth(streamed(200), streamed(1600), 30)).toBeLessThan(30);
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
