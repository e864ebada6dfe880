/** The renderer without embeds: code, images and formulas as text. */

import { expect, test } from "vitest";
import { toMarkdown } from "../../src/markdown/dom/serialize.js";
import { createRenderer } from "../../src/markdown/renderer.js";

const TEXT =
  "![a *chart*](https://x.example/c.png) and $x_1$\n\n```py x\na = 1\n\nb = 2\n```\n\n\\[\ny\n\\]\n";

test.each([[[TEXT]], [TEXT.split("")]])("code, images and formulas are text", (pieces) => {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  for (const piece of pieces) renderer.append(piece);
  renderer.finish();
  const text = (selector: string) => el.querySelector(selector)?.textContent;
  expect(text("span.nbs-image")).toBe("a chart");
  expect(text("span.nbs-math")).toBe("$x_1$");
  expect(text("div.nbs-math")).toBe("\\[\ny\n\\]");
  expect(text("pre > code.language-py")).toBe("a = 1\n\nb = 2\n");
  expect(el.querySelector("button, img, [src], .nbs-code")).toBeNull();
  expect(toMarkdown(el)).toContain("![a chart](https://x.example/c.png)");
});

test("code that arrives stays where it is", () => {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  renderer.append("```\none\ntw");
  const node = el.querySelector("code")?.firstChild as Text;
  expect(node.data).toBe("one\ntw");
  renderer.append("o\n```\n");
  expect(el.querySelector("code")?.firstChild).toBe(node);
  expect(node.data).toBe("one\ntwo\n");
});
