/**
 * Emphasis beside words that have no spaces between them, by the CJK-friendly amendments to CommonMark:
 * https://github.com/tats-u/markdown-cjk-friendly/blob/main/specification.md
 */

import { expect, test } from "vitest";
import cases from "../../../tests/fixtures/emphasis.json";
import { scanRun } from "../../src/markdown/inlines/emphasis.js";
import { GFM, toHtml, units } from "./html.js";

test.each(cases as [string, string, string, boolean, boolean][])(
  "between %j and %3$j, %2$j: opens %s, closes %s",
  (before, run, after, canOpen, canClose) => {
    const text = before + run + after;
    const found = scanRun(text, before.length, before.length + run.length, 2);
    expect([found.canOpen, found.canClose]).toEqual([canOpen, canClose]);
  },
);

test.each([
  ["これは**「大事」**です。", "これは<strong>「大事」</strong>です。"],
  ["**注意。**ここから", "<strong>注意。</strong>ここから"],
  [
    "**[公式](https://a.example)**を見る",
    '<strong><a href="https://a.example">公式</a></strong>を見る',
  ],
  ["実行は**`make`**です", "実行は<strong><code>make</code></strong>です"],
  ["**真“**她，真**（她**", "<strong>真“</strong>她，真<strong>（她</strong>"],
  ["税込**$10**で、*（速い）*から", "税込<strong>$10</strong>で、<em>（速い）</em>から"],
  ["**패키지(pip)**를", "<strong>패키지(pip)</strong>를"],
  ["旧~~（一）~~新", "旧<del>（一）</del>新"],
  ["__「注」__は", "__「注」__は"],
  ["a**«b»**c", "a**«b»**c"],
])("%s", (text, html) => {
  expect(toHtml([text], GFM)).toBe(`<p>${html}</p>`);
  expect(toHtml(units(text), GFM)).toBe(`<p>${html}</p>`);
});
