/** The box, the raw text and the clipboard, as a reader has them. */

import { beforeEach, describe, expect, test } from "vitest";
import { mountView } from "../../src/view/view.js";
import { delta, opened, openStore, status } from "../fakes.js";

let el: HTMLElement;
let opening: ReturnType<typeof openStore>;

const find = <T extends HTMLElement = HTMLElement>(selector: string): T => {
  const found = el.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};

function emit(...frames: Record<string, unknown>[]): void {
  opening.channel.emit(...frames);
  opening.clock.pass(16);
}

beforeEach(() => {
  opening = openStore();
  el = document.createElement("div");
  document.body.replaceChildren(el);
  mountView(el, opening.store, new AbortController().signal);
});

describe("the raw text", () => {
  const shown = () => [...el.querySelectorAll<HTMLElement>(".nbs-content > :not([hidden])")];

  test("takes the place of the rendered, in the middle of the stream", () => {
    emit(opened, delta(2, 0, "# On"));
    const button = find(".nbs-show-raw");
    expect(button.getAttribute("aria-pressed")).toBe("false");
    button.click();
    expect(button.getAttribute("aria-pressed")).toBe("true");
    expect(shown().map((face) => face.textContent)).toEqual(["# On"]);
    emit(delta(3, 4, "e\n\n*two*"));
    expect(find(".nbs-raw").textContent).toBe("# One\n\n*two*");
    button.click();
    expect(shown()).toEqual([find(".nbs-markdown")]);
    expect(find("h1").textContent).toBe("One");
    expect(find("em").textContent).toBe("two");
  });

  test("costs nothing while it is not shown, and what it hides costs nothing", () => {
    emit(opened, delta(2, 0, "one"));
    expect(el.querySelector(".nbs-raw")).toBeNull();
    find(".nbs-show-raw").click();
    const before = find(".nbs-markdown").textContent;
    emit(delta(3, 3, " two"));
    expect(find(".nbs-markdown").textContent).toBe(before);
    find(".nbs-show-raw").click();
    emit(delta(4, 7, " three"));
    expect(find(".nbs-raw").textContent).toBe("one two");
    expect(find(".nbs-markdown").textContent).toBe("one two three");
  });

  test("of an answer that starts raw is all that is made", () => {
    find(".nbs-show-raw").click();
    emit(opened, delta(2, 0, "one"));
    expect(shown().map((face) => face.className)).toEqual(["nbs-raw"]);
  });

  test("what is shown again after the end is finished", () => {
    emit(opened, delta(2, 0, "| a |"));
    find(".nbs-show-raw").click();
    emit(delta(3, 5, "\n|---"), status(4, "completed"));
    find(".nbs-show-raw").click();
    expect(find("th").textContent).toBe("a");
  });

  test("of a text that was replaced is the new one", () => {
    emit(opened, delta(2, 0, "Hello"));
    find(".nbs-show-raw").click();
    const parts = [{ part: "text", type: "text", text: "Other" }];
    emit({ ...opened, kind: "snapshot", seq: 9, status: "in_progress", parts });
    expect(find(".nbs-parts").textContent).toBe("Other");
    find(".nbs-show-raw").click();
    expect(find(".nbs-markdown").textContent).toBe("Other");
  });
});

describe("the box", () => {
  test("of a short answer is none", () => {
    emit(opened, delta(2, 0, "Hello"));
    expect(find(".nbs-box").hasAttribute("tabindex")).toBe(false);
    expect(find(".nbs-jump").hidden).toBe(true);
    expect(find(".nbs-expand").hidden).toBe(true);
  });

  test("can be opened and closed", () => {
    Object.defineProperty(find(".nbs-box"), "scrollHeight", { value: 1000 });
    emit(opened, delta(2, 0, "Hello"));
    find(".nbs-box").dispatchEvent(new Event("scroll"));
    const button = find(".nbs-expand");
    expect(find(".nbs-box").getAttribute("role")).toBe("region");
    expect([button.hidden, button.textContent]).toEqual([false, "Expand"]);
    button.click();
    expect(find(".nbs-box").classList).toContain("nbs-expanded");
    expect([button.textContent, button.getAttribute("aria-expanded")]).toEqual([
      "Collapse",
      "true",
    ]);
    button.click();
    expect(find(".nbs-box").classList).not.toContain("nbs-expanded");
  });

  test("says so when there is more to see than the reader sees", () => {
    const box = find(".nbs-box");
    let height = 300;
    Object.defineProperty(box, "scrollHeight", { get: () => height });
    Object.defineProperty(box, "clientHeight", { value: 100 });
    emit(opened, delta(2, 0, "Hello"));
    const scroll = (top: number) => {
      box.scrollTop = top;
      box.dispatchEvent(new Event("scroll"));
    };
    scroll(200);
    expect(find(".nbs-jump").hidden).toBe(true);
    scroll(50);
    expect(find(".nbs-jump").hidden).toBe(false);
    emit(status(3, "completed"));
    height = 400;
    scroll(60);
    expect(find(".nbs-jump").hidden).toBe(false);
    scroll(300);
    expect(find(".nbs-jump").hidden).toBe(true);
    scroll(0);
    expect(find(".nbs-jump").hidden).toBe(true);
  });
});

describe("a copy", () => {
  function copy(from: Node, start: number, to: Node, end: number) {
    getSelection()?.setBaseAndExtent(from, start, to, end);
    const data = new Map<string, string>();
    const event = new Event("copy", { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: { setData: data.set.bind(data) } });
    find(".nbs-parts").dispatchEvent(event);
    return { prevented: event.defaultPrevented, data: Object.fromEntries(data) };
  }

  test("of blocks is Markdown, plain text and HTML", () => {
    emit(opened, delta(2, 0, "A **bold** word.\n\n- one\n- two\n"));
    const answer = find(".nbs-markdown");
    expect(copy(answer, 0, answer, answer.childNodes.length)).toEqual({
      prevented: true,
      data: {
        "text/plain": "A bold word.\n\n- one\n- two",
        "text/html": "<p>A <strong>bold</strong> word.</p><ul><li>one</li><li>two</li></ul>",
        "text/markdown": "A **bold** word.\n\n- one\n- two",
      },
    });
  });

  test("of plain words is the page's own", () => {
    emit(opened, delta(2, 0, "plain words"));
    const text = find(".nbs-markdown p").firstChild as Text;
    expect(copy(text, 0, text, 5)).toEqual({ prevented: false, data: {} });
  });

  test("of code is the code", () => {
    emit(opened, delta(2, 0, "```js\na\n  b\n```\n"));
    const code = find(".nbs-markdown code");
    const { data } = copy(code, 0, code, code.childNodes.length);
    expect(data["text/plain"]).toBe("a\n  b\n");
  });

  test("of raw text is that text", () => {
    emit(opened, delta(2, 0, "**a**\n\n- b\n"));
    find(".nbs-show-raw").click();
    const raw = find(".nbs-raw");
    const { prevented, data } = copy(raw, 0, raw, raw.childNodes.length);
    expect([prevented, data]).toEqual([true, { "text/plain": "**a**\n\n- b\n" }]);
  });

  test("that begins outside of the answer is the page's own", () => {
    emit(opened, delta(2, 0, "words"));
    expect(copy(el, 0, find(".nbs-markdown"), 1).prevented).toBe(false);
  });
});
