/** GitHub's extensions: the specification's examples, and what it leaves open. */

import { describe, expect, test } from "vitest";
import { EXAMPLES } from "./gfm-examples.js";
import { GFM, random, split, toHtml, units } from "./html.js";

describe.each(EXAMPLES)("$section: $markdown", ({ markdown, html }) => {
  test("whole", () => expect(toHtml([markdown], GFM)).toBe(html));
  test("character by character", () => expect(toHtml(units(markdown), GFM)).toBe(html));
  test("by random pieces", () => {
    for (let seed = 1; seed <= 5; seed++)
      expect(toHtml(split(markdown, random(seed)), GFM)).toBe(html);
  });
});

test("25 examples", () => expect(EXAMPLES).toHaveLength(25));

test.each([
  ["a table's header row may end a paragraph", "x\n| a |\n|---|", "<p>x</p><table>"],
  ["a line of hyphens under text is a heading", "a\n-", "<h2>a</h2>"],
  [
    "a list marker that began as a row leaves no empty body",
    "|a|\n|-|\n- b",
    "</thead></table><ul>",
  ],
  ["addresses in links are text", "[see https://a.b](https://c.d)", ">see https://a.b</a>"],
  ["a long text whose target never comes", `[${"a ".repeat(300)}](<b`, "a ](&lt;b</p>"],
  ["strikethrough needs the same number of tildes", "~~a~ b~~", "<del>a~ b</del>"],
])("%s", (_, markdown, html) => {
  expect(toHtml([markdown], GFM)).toContain(html);
  expect(toHtml(units(markdown), GFM)).toContain(html);
});
