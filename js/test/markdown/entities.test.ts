/** Character references are what the platform says, and nothing else is ever parsed by it. */

import { afterEach, expect, test, vi } from "vitest";
import { decodeEntity, learnEntities } from "../../src/markdown/text/entities.js";
import { GFM, toHtml } from "./html.js";

afterEach(() => vi.restoreAllMocks());

test.each([
  ["&amp;", "&"],
  ["&Tab;", "\t"],
  ["&NewLine;", "\n"],
  ["&nbsp;", "\u00a0"],
  ["&semi;", ";"],
  ["&ngE;", "\u2267\u0338"],
  ["&Afr;", "\u{1d504}"],
  ["&CounterClockwiseContourIntegral;", "\u2233"],
  ["&nope;", null],
  ["&copyx;", null],
  ["&notit;", null],
  ["&#0;", "\ufffd"],
  ["&#x1F600;", "😀"],
])("%s", (reference, value) => expect(decodeEntity(reference)).toBe(value));

test("a text's names are looked up together, once", () => {
  const parse = vi.spyOn(DOMParser.prototype, "parseFromString");
  learnEntities("a &alpha; &beta; <b>&gamma;</b> &#65; & &; &delta");
  learnEntities("&beta; &alpha;");
  expect(decodeEntity("&gamma;")).toBe("γ");
  expect(parse.mock.calls).toEqual([["- &alpha; &beta; &gamma;", "text/html"]]);
});

test("more names than are kept", () => {
  const names = Array.from({ length: 5000 }, (_, n) => `&x${n};`).join("");
  expect(toHtml([names], GFM)).toBe(`<p>${names.replaceAll("&", "&amp;")}</p>`);
  expect(decodeEntity("&lt;")).toBe("<");
  learnEntities("&other;");
  expect(decodeEntity("&lt;")).toBe("<");
});

test("where the platform's parser may not be used, references stay text", () => {
  vi.spyOn(DOMParser.prototype, "parseFromString").mockImplementation(() => {
    throw new TypeError("This document requires 'TrustedHTML' assignment.");
  });
  expect(toHtml(["&eta; &#66;"], GFM)).toBe("<p>&amp;eta; B</p>");
});
