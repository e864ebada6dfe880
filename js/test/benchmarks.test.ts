/** The pure parts of ../benchmarks: texts, and what counts as changed. */

import { expect, test } from "vitest";
import { changed, observed, vanished } from "../../benchmarks/page/changes.js";
import { hostile } from "../../benchmarks/page/hostile.js";
import { cut, TEXTS } from "../../benchmarks/page/texts.js";

test.each(Object.entries(TEXTS))("%s: the same in every run, as long as it says", (name, make) => {
  const text = make(1);
  expect(make(1)).toBe(text);
  // A piece of four characters must not split a pair, whatever its place.
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  if (name.startsWith("code")) expect(text.trimEnd().split("\n")).toHaveLength(2002);
  else expect(text.length / (Number.parseInt(name.replace(/\D*/, ""), 10) * 1000)).toBeCloseTo(1);
});

test("pieces are the text", () => {
  expect(cut("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
});

test("hostile texts scale, and none is empty", () => {
  const small = Object.values(hostile(0.001)).map((text) => text.length);
  const large = Object.values(hostile(1)).map((text) => text.length);
  expect(Math.min(...small)).toBeGreaterThan(0);
  expect(small.every((length, index) => length < (large[index] as number))).toBe(true);
});

test.each([
  ["ab", "abc", ""],
  ["a ", "a\nb", ""],
  ["head foot", "head more foot", ""],
  ["a **b", "a b", "**"],
  ["a [b](c", "a b", "[b](c"],
  ["abc", "", "abc"],
])("%j, then %j: %j is gone", (before, after, gone) => {
  expect(vanished(before, after)).toBe(gone);
});

/** How many characters `work` takes away from `html`. */
function counted(html: string, work: (el: HTMLElement) => void): number {
  const el = document.createElement("div");
  el.innerHTML = html;
  const observer = observed(el);
  work(el);
  return changed(observer.takeRecords());
}

test("text that is only added to is not rewritten", () => {
  const append = (el: HTMLElement) => {
    const text = el.firstChild as Text;
    text.appendData("cd");
    text.appendData("ef");
    el.append("more");
  };
  expect(counted("ab", append)).toBe(0);
});

test("text that is replaced or taken out is", () => {
  const replace = (el: HTMLElement) => {
    (el.firstChild as Text).data = "abXd";
    el.lastElementChild?.remove();
  };
  expect(counted("abcd<b>gone <i hidden>unseen</i></b>", replace)).toBe(1 + 5);
});
