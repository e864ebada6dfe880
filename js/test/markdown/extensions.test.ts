/** Footnotes, folds, and formulas on lines of their own. */

import { expect, test } from "vitest";
import { createRenderer, render, units } from "./html.js";

/** Whole and character by character, which must be the same. */
function both(text: string): HTMLElement {
  const el = render([text]);
  const pages = (root: HTMLElement) => [...root.children].map((child) => child.outerHTML).join("");
  expect(pages(render(units(text)))).toBe(pages(el));
  return el;
}

test("a fold", () => {
  const el = both(
    "<details>\n<summary>More *here*</summary>\n\ntext\n\n- item\n\n</details>\n\nafter\n",
  );
  const details = el.querySelector("details");
  expect(details?.open).toBe(false);
  expect(details?.querySelector("summary em")?.textContent).toBe("here");
  expect(details?.querySelector("li")?.textContent).toBe("item");
  expect(details?.textContent).not.toContain("after");
});

test("folds in folds, open, on one line, never closed", () => {
  const el = both(
    "<details open><summary>a</summary>\nx\n<details>\n\ny\n\n</details>\nz\n</details>\n<DETAILS>\nw\n",
  );
  const [outer, inner, last] = el.querySelectorAll("details");
  expect(outer?.open).toBe(true);
  expect(outer?.contains(inner ?? null)).toBe(true);
  expect(inner?.textContent).toBe("…y");
  expect(outer?.textContent).toBe("ax…yz");
  expect(last?.textContent).toBe("…w");
});

test.each([
  "<details onclick=x>",
  "<details> text",
  "text <details>",
  "</details>",
  "<summary>a</summary>",
])("no fold: %s", (text) => {
  expect(both(text).querySelector("details, summary")).toBeNull();
  expect(render([text]).textContent).toBe(text);
});

test("a fold that the reader has opened stays open", () => {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  renderer.append("<details>\n<summary>a</summary>\n\nb");
  const details = el.querySelector("details") as HTMLDetailsElement;
  details.open = true;
  for (const piece of ["c\n\n", "- d\n", "</details>\n", "\nend"]) renderer.append(piece);
  renderer.finish();
  expect(el.querySelector("details")).toBe(details);
  expect(details.open).toBe(true);
});

test("a formula on lines of its own is no list and no heading", () => {
  const el = both("so\n$$\na\n- b\n= c\n===\n$$\nand\n\\[\nx_1\n+ y\n\\]\n");
  const formulas = [...el.querySelectorAll(".nbs-math")];
  expect(formulas.map((formula) => formula.textContent)).toEqual([
    "$$\na\n- b\n= c\n===\n$$",
    "\\[\nx_1\n+ y\n\\]",
  ]);
  expect(el.querySelectorAll("p")).toHaveLength(2);
});

test("an environment is a formula, and says all of itself", () => {
  const el = both("so\n\\begin{align*}\na &= b \\\\\n- c\n\\end{align*}\nend\n");
  const formula = el.querySelector<HTMLElement>(".nbs-math");
  expect(formula?.dataset.tex).toBe("\\begin{align*}\na &= b \\\\\n- c\n\\end{align*}");
  expect(el.querySelectorAll("p")).toHaveLength(2);
});

test("a formula that ends nowhere is text", () => {
  const el = both("$$\na\n\nb *c*");
  expect(el.querySelector(".nbs-math")).toBeNull();
  expect(el.textContent).toBe("$$\nab c");
});
