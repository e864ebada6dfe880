/** Formulas: what is one, and how it comes to be rendered. */

import { expect, test, vi } from "vitest";
import type { MathRenderer, Parts } from "../../src/markdown/addons.js";
import { createRenderer, GFM, render, toHtml, units } from "./html.js";

/** The formulas of a text, displayed ones with a mark. */
function formulas(text: string, pieces = [text]): string[] {
  return [...render(pieces, GFM).querySelectorAll<HTMLElement>(".nbs-math")].map(
    (el) => (el.classList.contains("nbs-math-display") ? "D:" : "") + el.dataset.tex,
  );
}

test.each<[text: string, ...found: string[]]>([
  ["$x$, $y_1*a*$ and $\\frac{a}{b}$", "x", "y_1*a*", "\\frac{a}{b}"],
  ["$$x$$ and $$\na\nb\n$$", "D:x", "D:a\nb"],
  ["\\(x_1\\) and \\[x^2\\]", "x_1", "D:x^2"],
  ["\\[\na\\\\\nb\n\\]", "D:a\\\\\nb"],
  ["$2x + 1$", "2x + 1"],
  ["($x$)-axis, the $n$th", "x", "n"],
  ["$a\\$b$", "a\\$b"],
  ["$a$$b$", "a", "b"],
  ["\\(a\\\\\\)", "a\\\\"],
  ["**$a$ and $b$**", "a", "b"],
  ["[$a$](https://x.example)", "a"],
  ["| a |\n|---|\n| $x$ |", "x"],
])("%j", (text, ...found) => {
  expect(formulas(text)).toEqual(found);
  expect(formulas(text, units(text))).toEqual(found);
});

test.each([
  "$5 and $10",
  "from $5 to $10, or US$5-US$6",
  "$ x$ and $x $",
  "$x$5",
  "a$b$",
  "$$$x$$$",
  "$$ $$ and \\(\\)",
  "\\$x\\$",
  "\\\\(x\\\\)",
  "`$x$` and `\\(x\\)`",
  "    $x$",
  "$a\n\nb$",
  "$x and \\(y",
])("no formula: %j", (text) => {
  expect(formulas(text)).toEqual([]);
  expect(formulas(text, units(text))).toEqual([]);
});

test("without mathematics, backslashes and dollars are what they were", () => {
  const text = "$x$ \\(y\\) \\[z\\] $$a$$";
  expect(toHtml([text], { ...GFM, math: false })).toBe("<p>$x$ (y) [z] $$a$$</p>");
});

test("an open formula shows its source as it is, a sum of money is text", () => {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  renderer.append("Let \\(a_1 *b");
  expect(el.querySelector(".nbs-math")?.textContent).toBe("\\(a_1 *b");
  renderer.append("*\\) and $5 of *it");
  expect(el.querySelectorAll(".nbs-math")).toHaveLength(1);
  expect(el.querySelector("em")?.textContent).toBe("it");
  renderer.append("* $x");
  const [, open] = el.querySelectorAll<HTMLElement>(".nbs-math");
  expect(open?.textContent).toBe("$x");
  expect(open?.dataset.tex).toBeUndefined();
  renderer.append("^2$ a");
  expect(el.querySelectorAll(".nbs-math")[1]).toBe(open);
  expect(open?.dataset.tex).toBe("x^2");
});

const renderer: MathRenderer = {
  render(tex, display) {
    if (tex === "\\bad") return null;
    const el = document.createElement(display ? "section" : "b");
    el.textContent = tex.toUpperCase();
    return el;
  },
};

const ready: Parts = { get: (name) => (name === "math" ? (renderer as never) : null) };

test("a formula is rendered once, when it is closed", () => {
  const spy = vi.spyOn(renderer, "render");
  const el = document.createElement("div");
  const markdown = createRenderer(el, { parts: ready, schedule: () => {} });
  for (const character of "See $x^2$, \\[y\\] and $\\bad$.\n\nMore $z$ \n")
    markdown.append(character);
  markdown.finish();
  expect(spy.mock.calls).toEqual([
    ["x^2", false],
    ["y", true],
    ["\\bad", false],
    ["z", false],
  ]);
  expect([...el.querySelectorAll(".nbs-math")].map((one) => one.innerHTML)).toEqual([
    "<b>X^2</b>",
    "<section>Y</section>",
    "$\\bad$",
    "<b>Z</b>",
  ]);
  expect(el.querySelectorAll(".nbs-math-error")).toHaveLength(1);
  spy.mockRestore();
});

test("a renderer that comes later finds the formulas that wait, some in each frame", () => {
  let arrived: (() => void) | null = null;
  const frames: (() => void)[] = [];
  let there = false;
  const parts: Parts = {
    get(_, call) {
      arrived = call;
      return there ? (renderer as never) : null;
    },
  };
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 1));
  const el = document.createElement("div");
  const markdown = createRenderer(el, { parts, schedule: (run) => frames.push(run) });
  markdown.append(`${"$a$ ".repeat(20)}\n\n`);
  for (let run = frames.shift(); run; run = frames.shift()) run();
  expect(el.querySelector("b")).toBeNull();
  there = true;
  (arrived as unknown as () => void)();
  frames.shift()?.();
  const first = el.querySelectorAll("b").length;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(20);
  for (let run = frames.shift(); run; run = frames.shift()) run();
  expect(el.querySelectorAll("b")).toHaveLength(20);
  vi.restoreAllMocks();
});

test("a formula that becomes another one is rendered anew", () => {
  const el = document.createElement("div");
  const markdown = createRenderer(el, { parts: ready, schedule: () => {} });
  markdown.append("$a$ [x](https://x.example/$b$)");
  expect([...el.querySelectorAll("b")].map((one) => one.textContent)).toEqual(["A"]);
  markdown.append("\n`$c$");
  markdown.finish();
  expect([...el.querySelectorAll("b")].map((one) => one.textContent)).toEqual(["A", "C"]);
});
