/** The CommonMark specification's examples: whole, by characters, by random pieces. */

import { Parser } from "commonmark";
import { tests } from "commonmark-spec";
import { expect, test } from "vitest";
import { COMMONMARK, normalise, random, split, toHtml, units } from "./html.js";

const all = tests.map(({ markdown, html, ...other }) => ({
  ...other,
  markdown: markdown.replaceAll("→", "\t"),
  html: normalise(html.replaceAll("→", "\t")),
}));

/** Raw HTML is shown as text, so examples with it say something else. */
function hasHtml(markdown: string): boolean {
  const walker = new Parser().parse(markdown).walker();
  for (let event = walker.next(); event; event = walker.next())
    if (event.node.type.startsWith("html")) return true;
  return false;
}

const examples = all.filter(({ markdown }) => !hasHtml(markdown));

test("all examples are there", () => {
  expect(tests).toHaveLength(652);
  expect(examples).toHaveLength(580);
});

const CORE = { ...COMMONMARK, embeds: undefined };

const failures = (pieces: (markdown: string) => string[], options = COMMONMARK) =>
  examples
    .map((example) => ({ ...example, shown: toHtml(pieces(example.markdown), options) }))
    .filter(({ html, shown }) => html !== shown);

test("whole", () => {
  expect(failures((markdown) => [markdown])).toEqual([]);
});

test("character by character", () => {
  expect(failures(units)).toEqual([]);
});

test("without embeds: whole, and character by character", () => {
  expect(failures((markdown) => [markdown], CORE)).toEqual([]);
  expect(failures(units, CORE)).toEqual([]);
});

test("by random pieces", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const next = random(seed);
    expect(failures((markdown) => split(markdown, next))).toEqual([]);
  }
});
