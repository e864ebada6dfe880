/** The same text in other pieces gives the same page, whatever the text. */

import { HtmlRenderer, Parser } from "commonmark";
import { expect, test } from "vitest";
import { encodeUrl } from "../../src/markdown/url.js";
import { makeDocument, makeModelDocument, makeProse } from "./documents.js";
import { COMMONMARK, GFM, normalise, random, split, toHtml, units } from "./html.js";

const { FUZZ } = import.meta.env;
// FUZZ=10000 npx vitest run test/markdown/fuzz.test.ts
const COUNT = Number(FUZZ ?? 300);

test.each([
  ["documents", makeDocument, GFM],
  ["paragraphs", makeProse, GFM],
  ["answers of models", makeModelDocument, { url: encodeUrl }],
])(`${COUNT} %s by characters and by random pieces`, { timeout: 600_000 }, (_, make, options) => {
  const next = random(7);
  for (let n = 0; n < COUNT; n++) {
    const text = make(next);
    const whole = toHtml([text], options);
    for (const pieces of [units(text), split(text, next)]) {
      const shown = toHtml(pieces, options);
      if (shown !== whole) expect({ text, shown }).toEqual({ text, shown: whole });
    }
  }
});

/**
 * Without what the reference implementation does otherwise than the specification says: no-break
 * spaces at a paragraph's ends (it trims them), punctuation outside the basic plane (it sees none),
 * and a carriage return at the end (it sees a line after it).
 */
const plain = (text: string) =>
  text.replaceAll("\u00a0", "\u2014").replaceAll("😀", "é").replace(/\r\n?/g, "\n");

/** Raw HTML is shown as text. */
const RAW = /<(?!\/?(?:p|em|strong|code|pre|a|img|ul|ol|li|h\d|hr|blockquote)\b|br \/>)/;
/** The reference implementation puts `<address>` as a link into links. */
const NESTED = /<a [^>]*>(?:(?!<\/a>).)*<a /s;

test(`${COUNT} documents as the reference implementation renders them`, {
  timeout: 600_000,
}, () => {
  const next = random(11);
  const parser = new Parser();
  const renderer = new HtmlRenderer();
  const wrong: unknown[] = [];
  for (let n = 0; n < COUNT; n++) {
    const text = plain(makeDocument(next));
    const tree = parser.parse(text);
    const reference = normalise(renderer.render(tree));
    if (RAW.test(reference) || NESTED.test(reference)) continue;
    const shown = normalise(toHtml([text], COMMONMARK));
    if (shown !== reference) wrong.push({ text, shown, reference });
  }
  expect(wrong).toEqual([]);
});
