/** The box, the raw text and the clipboard, as a reader has them. */

import { beforeEach, describe, expect, test } from "vitest";
import { copier } from "../../src/bundles/copier/copier.js";
import type { Heavy, HeavyTypes } from "../../src/lazy/lazy.js";
import { mountView } from "../../src/view/view.js";
import { delta, find, opened, openStore, snapshot, status } from "../fakes.js";

let el: HTMLElement;
let opening: ReturnType<typeof openStore>;
/** Whether the part that writes a copy is there, and how often it was asked for. */
let loaded = true;
let asked = 0;
const heavy: Heavy = {
  get<Name extends keyof HeavyTypes>(name: Name): HeavyTypes[Name] | null {
    if (name !== "copier") return null;
    asked++;
    return loaded ? (copier as unknown as HeavyTypes[Name]) : null;
  },
};

const get = <T extends HTMLElement = HTMLElement>(selector: string) => find<T>(el, selector);

beforeEach(() => {
  opening = openStore();
  el = document.createElement("div");
  document.body.replaceChildren(el);
  loaded = true;
  mountView(el, opening.store, new AbortController().signal, heavy);
});

describe("the raw text", () => {
  const shown = () => [...el.querySelectorAll<HTMLElement>(".nbs-content > :not([hidden])")];

  test("takes the place of the rendered, in the middle of the stream", () => {
    opening.emit(opened, delta(2, 0, "# On"));
    const button = get(".nbs-show-raw");
    expect(button.getAttribute("aria-pressed")).toBe("false");
    button.click();
    expect(button.getAttribute("aria-pressed")).toBe("true");
    expect(shown().map((face) => face.textContent)).toEqual(["# On"]);
    opening.emit(delta(3, 4, "e\n\n*two*"));
    expect(get(".nbs-raw").textContent).toBe("# One\n\n*two*");
    button.click();
    expect(shown()).toEqual([get(".nbs-markdown")]);
    expect(get("h1").textContent).toBe("One");
    expect(get("em").textContent).toBe("two");
  });

  test("costs nothing while it is not shown, and what it hides costs nothing", () => {
    opening.emit(opened, delta(2, 0, "one"));
    expect(el.querySelector(".nbs-raw")).toBeNull();
    get(".nbs-show-raw").click();
    const before = get(".nbs-markdown").textContent;
    opening.emit(delta(3, 3, " two"));
    expect(get(".nbs-markdown").textContent).toBe(before);
    get(".nbs-show-raw").click();
    opening.emit(delta(4, 7, " three"));
    expect(get(".nbs-raw").textContent).toBe("one two");
    expect(get(".nbs-markdown").textContent).toBe("one two three");
  });

  test("of an answer that starts raw is all that is made", () => {
    get(".nbs-show-raw").click();
    opening.emit(opened, delta(2, 0, "one"));
    expect(shown().map((face) => face.className)).toEqual(["nbs-raw"]);
  });

  test("what is shown again after the end is finished", () => {
    opening.emit(opened, delta(2, 0, "| a |"));
    get(".nbs-show-raw").click();
    opening.emit(delta(3, 5, "\n|---"), status(4, "completed"));
    get(".nbs-show-raw").click();
    expect(get("th").textContent).toBe("a");
  });

  test("of a text that was replaced is the new one", () => {
    opening.emit(opened, delta(2, 0, "Hello"));
    get(".nbs-show-raw").click();
    opening.emit(snapshot(9, "Other"));
    expect(get(".nbs-parts").textContent).toBe("Other");
    get(".nbs-show-raw").click();
    expect(get(".nbs-markdown").textContent).toBe("Other");
  });
});

describe("the box", () => {
  test("of a short answer is none", () => {
    opening.emit(opened, delta(2, 0, "Hello"));
    expect(get(".nbs-box").hasAttribute("tabindex")).toBe(false);
    expect(get(".nbs-jump").hidden).toBe(true);
    expect(get(".nbs-expand").hidden).toBe(true);
  });

  test("can be opened and closed", () => {
    Object.defineProperty(get(".nbs-box"), "scrollHeight", { value: 1000 });
    opening.emit(opened, delta(2, 0, "Hello"));
    get(".nbs-box").dispatchEvent(new Event("scroll"));
    const button = get(".nbs-expand");
    expect(get(".nbs-box").getAttribute("role")).toBe("region");
    expect([button.hidden, button.textContent]).toEqual([false, "Expand"]);
    button.click();
    expect(get(".nbs-box").classList).toContain("nbs-expanded");
    expect([button.textContent, button.getAttribute("aria-expanded")]).toEqual([
      "Collapse",
      "true",
    ]);
    button.click();
    expect(get(".nbs-box").classList).not.toContain("nbs-expanded");
  });

  test("says so when there is more to see than the reader sees", () => {
    const box = get(".nbs-box");
    let height = 300;
    Object.defineProperty(box, "scrollHeight", { get: () => height });
    Object.defineProperty(box, "clientHeight", { value: 100 });
    opening.emit(opened, delta(2, 0, "Hello"));
    const scroll = (top: number) => {
      box.scrollTop = top;
      box.dispatchEvent(new Event("scroll"));
    };
    scroll(200);
    expect(get(".nbs-jump").hidden).toBe(true);
    scroll(50);
    expect(get(".nbs-jump").hidden).toBe(false);
    opening.emit(status(3, "completed"));
    height = 400;
    scroll(60);
    expect(get(".nbs-jump").hidden).toBe(false);
    scroll(300);
    expect(get(".nbs-jump").hidden).toBe(true);
    scroll(0);
    expect(get(".nbs-jump").hidden).toBe(true);
  });
});

describe("a copy", () => {
  function copy(from: Node, start: number, to: Node, end: number) {
    getSelection()?.setBaseAndExtent(from, start, to, end);
    const data = new Map<string, string>();
    const event = new Event("copy", { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: { setData: data.set.bind(data) } });
    get(".nbs-parts").dispatchEvent(event);
    return { prevented: event.defaultPrevented, data: Object.fromEntries(data) };
  }

  test("of blocks is Markdown, plain text and HTML", () => {
    opening.emit(opened, delta(2, 0, "A **bold** word.\n\n- one\n- two\n"));
    const answer = get(".nbs-markdown");
    expect(copy(answer, 0, answer, answer.childNodes.length)).toEqual({
      prevented: true,
      data: {
        "text/plain": "A bold word.\n\n- one\n- two",
        "text/html": "<p>A <strong>bold</strong> word.</p><ul><li>one</li><li>two</li></ul>",
        "text/markdown": "A **bold** word.\n\n- one\n- two",
      },
    });
  });

  test("is the page's own until what writes it has come, which a selection asks for", () => {
    loaded = false;
    opening.emit(opened, delta(2, 0, "A **bold** word."));
    const answer = get(".nbs-markdown");
    asked = 0;
    answer.dispatchEvent(new Event("selectstart", { bubbles: true }));
    expect(asked).toBe(1);
    expect(copy(answer, 0, answer, 1)).toEqual({ prevented: false, data: {} });
    loaded = true;
    expect(copy(answer, 0, answer, 1).prevented).toBe(true);
  });

  test("of plain words is the page's own", () => {
    opening.emit(opened, delta(2, 0, "plain words"));
    const text = get(".nbs-markdown p").firstChild as Text;
    expect(copy(text, 0, text, 5)).toEqual({ prevented: false, data: {} });
  });

  test("of code is the code", () => {
    opening.emit(opened, delta(2, 0, "```js\na\n  b\n```\n"));
    const code = get(".nbs-markdown code");
    const { data } = copy(code, 0, code, code.childNodes.length);
    expect(data["text/plain"]).toBe("a\n  b\n");
  });

  test("of raw text is that text", () => {
    opening.emit(opened, delta(2, 0, "**a**\n\n- b\n"));
    get(".nbs-show-raw").click();
    const raw = get(".nbs-raw");
    const { prevented, data } = copy(raw, 0, raw, raw.childNodes.length);
    expect([prevented, data]).toEqual([true, { "text/plain": "**a**\n\n- b\n" }]);
  });

  test("that begins outside of the answer is the page's own", () => {
    opening.emit(opened, delta(2, 0, "words"));
    expect(copy(el, 0, get(".nbs-markdown"), 1).prevented).toBe(false);
  });
});
