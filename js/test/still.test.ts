import { expect, test } from "vitest";
import { keepInPlace } from "../src/handover/scroll-anchor.js";

test("what is around makes up for a move; nothing else does", () => {
  const [page, part, outer, el] = ["", "", "", ""].map(() => document.createElement("div"));
  if (!page || !part || !outer || !el) throw new Error("no elements");
  page.append(part);
  part.append(outer);
  outer.append(el);
  document.body.replaceChildren(page);
  let top = 50;
  el.getBoundingClientRect = () => new DOMRect(0, top);
  for (const [element, overflow] of [
    [page, "auto"],
    [part, "hidden"],
    [outer, "auto"],
  ] as const) {
    element.style.overflowY = overflow;
    Object.defineProperty(element, "scrollHeight", { value: 1000 });
    Object.defineProperty(element, "clientHeight", { value: 100 });
  }
  page.scrollTop = 200;
  keepInPlace(el, outer, () => {
    top = 350;
  });
  expect([page.scrollTop, part.scrollTop, outer.scrollTop]).toEqual([500, 0, 0]);
});
