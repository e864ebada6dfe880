/** Where a view is shown, its style sheet is: in the page, and in shadow roots. */

import { expect, test, vi } from "vitest";
import { selectionAt } from "../../src/view/dom.js";
import { adoptStyle } from "../../src/view/style.js";
import { mountView } from "../../src/view/view.js";
import { delta, opened, openStore, status } from "../fakes.js";

const CSS = ".nbs-view { color: red }";
const div = () => document.createElement("div");

function shadow(): ShadowRoot {
  const host = div();
  document.body.append(host);
  return host.attachShadow({ mode: "open" });
}

const rules = (root: DocumentOrShadowRoot) =>
  root.adoptedStyleSheets.flatMap(({ cssRules }) => [...cssRules].map(({ cssText }) => cssText));

test("each root gets the sheet once, and all roots the same one", () => {
  const [first, second] = [shadow(), shadow()];
  const other = new CSSStyleSheet();
  first.adoptedStyleSheets = [other];
  for (const root of [document.body, first, first, second]) {
    const el = div();
    adoptStyle(el, CSS);
    root.append(el);
    adoptStyle(el, CSS);
    adoptStyle(el, CSS);
  }
  for (const root of [document, first, second]) expect(rules(root)).toHaveLength(1);
  expect(first.adoptedStyleSheets[0]).toBe(other);
  expect(first.adoptedStyleSheets[1]).toBe(second.adoptedStyleSheets[0]);
});

test("a view that is moved is styled where it comes to", () => {
  const observers: (() => void)[] = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(changed: () => void) {
        observers.push(changed);
      }
      observe() {}
      disconnect() {}
    },
  );
  const resize = () => {
    for (const changed of observers) changed();
  };
  const end = new AbortController();
  const el = div();
  const styled = vi.fn(() => adoptStyle(el, CSS));
  mountView(el, openStore().store, end.signal, undefined, undefined, styled);
  resize();
  expect(styled).not.toHaveBeenCalled();
  for (const root of [shadow(), shadow()]) {
    root.append(el);
    resize();
    expect(rules(root)).toHaveLength(1);
  }
  end.abort();
  vi.unstubAllGlobals();
});

test("the keyboard's focus goes from Stop to Copy in a shadow root as well", () => {
  const root = shadow();
  const el = div();
  root.append(el);
  const end = new AbortController();
  const { store, emit, clock } = openStore();
  mountView(el, store, end.signal);
  emit(opened, status(2, "in_progress"), delta(3, 0, "Hello"));
  el.querySelector<HTMLElement>(".nbs-stop")?.focus();
  expect(root.activeElement?.className).toContain("nbs-stop");
  emit(status(4, "completed"));
  clock.pass(100);
  expect(root.activeElement?.className).toContain("nbs-copy");
  end.abort();
});

test("what is selected is asked where the element is", () => {
  const root = shadow();
  const inside = document.createElement("p");
  root.append(inside);
  const selection = {} as Selection;
  // As in Chromium; happy-dom does not have it.
  Object.assign(root, { getSelection: () => selection });
  expect(selectionAt(inside)).toBe(selection);
  expect(selectionAt(document.body)).toBe(getSelection());
  expect(selectionAt(div())).toBe(getSelection());
});
