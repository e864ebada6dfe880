/** The few tags that are elements; all others are text. */

import { expect, test } from "vitest";
import { COMMONMARK, GFM, render, toHtml, units } from "./html.js";

test.each([
  ["H<sub>2</sub>O, x<sup>2</sup>", "H<sub>2</sub>O, x<sup>2</sup>"],
  ["<kbd>Ctrl</kbd>+<KBD>C</kbd>", "<kbd>Ctrl</kbd>+<kbd>C</kbd>"],
  ["a<br>b<br/>c<BR />d", "a<br />b<br />c<br />d"],
  ["<sub>*a* `b` [c](d)</sub>", null],
  ["*a <sub>b</sub>*", "<em>a <sub>b</sub></em>"],
  ["<sub>*a*</sub>", "<sub><em>a</em></sub>"],
  ["<sub><sup>a</sup></sub>", "<sub><sup>a</sup></sub>"],
  ["<sub>a<sub>b</sub>c</sub>", "<sub>a<sub>b</sub>c</sub>"],
  // What is not closed, or crosses, is text.
  ["<sub>a", "&lt;sub&gt;a"],
  ["a</sub>", "a&lt;/sub&gt;"],
  ["<sub>a</sup>", "&lt;sub&gt;a&lt;/sup&gt;"],
  ["<sub>*a</sub>*", "<sub>*a</sub>*"],
  ["*a<sub>b*c</sub>", "*a<sub>b*c</sub>"],
  ["<sub>a <sup>b</sub> c</sup>", "<sub>a &lt;sup&gt;b</sub> c&lt;/sup&gt;"],
  ["[a <sub>b](https://c) d</sub>", null],
  ["<sub>a [b</sub> c](https://d)", "<sub>a [b</sub> c](https://d)"],
  // With anything else in it, a tag is text.
  ["<sub class=x>a</sub>", "&lt;sub class=x&gt;a&lt;/sub&gt;"],
  ["<sub >a</sub >", "&lt;sub &gt;a&lt;/sub &gt;"],
  ["<br x>", "&lt;br x&gt;"],
  ["<b>a</b>", "&lt;b&gt;a&lt;/b&gt;"],
  ["\\<sub>a</sub>", "&lt;sub&gt;a&lt;/sub&gt;"],
  ["`<sub>a</sub>`", "<code>&lt;sub&gt;a&lt;/sub&gt;</code>"],
])("%s", (text, html) => {
  const options = { ...GFM, autolinks: false };
  const whole = toHtml([text], options);
  if (html !== null) expect(whole).toBe(`<p>${html}</p>`);
  expect(toHtml(units(text), options)).toBe(whole);
});

test("links and tags do not cross", () => {
  expect(render(["[a <sub>b](https://c) d</sub>"], GFM).querySelector("sub")).toBeNull();
  const el = render(["<sub>*a* `b` [c](https://d)</sub>"], GFM).querySelector("sub");
  expect(el?.querySelectorAll("em,code,a")).toHaveLength(3);
});

test("without the option, all tags are text", () => {
  expect(toHtml(["<sub>a</sub><br>"], COMMONMARK)).toBe(
    "<p>&lt;sub&gt;a&lt;/sub&gt;&lt;br&gt;</p>",
  );
});
