/** Follows while the reader is at the end, and only then. Layout is played: 100 px are seen. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Follower, follow } from "../../src/view/follow.js";

let laidOut: () => void;
let scroller: HTMLElement;
let content: HTMLElement;
let height: number;
let follower: Follower;
const changed = vi.fn();

/** The text is `to` px high now. */
function grow(to: number): void {
  height = to;
  scroller.scrollTop = Math.min(scroller.scrollTop, Math.max(0, to - 100));
  laidOut();
}

/** Something, perhaps the reader, scrolls. */
function scroll(top: number): void {
  scroller.scrollTop = Math.max(0, Math.min(top, height - 100));
  scroller.dispatchEvent(new Event("scroll"));
}

/** Where the end is in view. */
const end = () => height - 100;

function begin(following: boolean): void {
  scroller = document.createElement("div");
  content = document.createElement("div");
  scroller.append(content);
  document.body.replaceChildren(scroller);
  height = 0;
  let top = 0;
  Object.defineProperties(scroller, {
    clientHeight: { get: () => (scroller.hidden ? 0 : 100) },
    scrollHeight: { get: () => Math.max(100, height) },
    scrollTop: {
      get: () => top,
      set: (value: number) => {
        top = Math.max(0, Math.min(value, height - 100));
      },
    },
  });
  follower = follow(scroller, content, following, changed);
}

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        laidOut = callback;
      }
      observe() {}
    },
  );
  begin(true);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  changed.mockClear();
});

test("new text keeps the end in view", () => {
  grow(80);
  expect(follower.scrolls).toBe(false);
  grow(250);
  expect([scroller.scrollTop, follower.scrolls, follower.atEnd]).toEqual([150, true, true]);
  grow(700);
  expect(scroller.scrollTop).toBe(600);
});

test("a reader who goes up stays there, however short the way", () => {
  grow(500);
  scroll(397);
  grow(600);
  expect(scroller.scrollTop).toBe(397);
  expect(follower.following).toBe(false);
  scroll(380);
  grow(900);
  expect(scroller.scrollTop).toBe(380);
});

test("who comes back about to the end follows again", () => {
  grow(500);
  scroll(100);
  scroll(300);
  grow(600);
  expect(scroller.scrollTop).toBe(300);
  scroll(460);
  grow(700);
  expect(scroller.scrollTop).toBe(end());
});

test("scroll events of its own are no reader's", () => {
  grow(500);
  // The text has grown once more before the event of the scroll above comes.
  height = 600;
  scroller.dispatchEvent(new Event("scroll"));
  laidOut();
  expect(scroller.scrollTop).toBe(end());
});

test("text that shrinks at the end, as half-typed markup does, changes nothing", () => {
  grow(500);
  grow(480);
  scroller.dispatchEvent(new Event("scroll"));
  grow(600);
  expect(scroller.scrollTop).toBe(end());
});

test("a page that was hidden has the events in another order", () => {
  grow(500);
  height = 300;
  scroll(1000);
  grow(600);
  expect(scroller.scrollTop).toBe(end());
});

test("a place that the browser keeps when something above changes is not at the end", () => {
  grow(500);
  scroll(370);
  // Something above has become 20 px higher, and the browser has moved the text.
  height = 520;
  scroller.scrollTop = 390;
  laidOut();
  scroller.dispatchEvent(new Event("scroll"));
  grow(700);
  expect(scroller.scrollTop).toBe(390);
});

test("the end is one step away", () => {
  grow(500);
  scroll(10);
  follower.toEnd();
  expect(scroller.scrollTop).toBe(400);
  grow(600);
  expect(scroller.scrollTop).toBe(500);
});

test("nothing moves under a pointer that is down", () => {
  grow(500);
  content.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  grow(600);
  expect(scroller.scrollTop).toBe(400);
  window.dispatchEvent(new Event("pointerup"));
  expect(scroller.scrollTop).toBe(500);
});

test("nor while text in it is selected", () => {
  content.textContent = "words";
  grow(500);
  getSelection()?.setBaseAndExtent(content, 0, content, 1);
  grow(600);
  expect(scroller.scrollTop).toBe(400);
  getSelection()?.removeAllRanges();
  grow(700);
  expect(scroller.scrollTop).toBe(400);
});

test("what the reader opens stays in view", () => {
  const summary = document.createElement("summary");
  content.append(summary);
  grow(500);
  summary.click();
  grow(900);
  expect(scroller.scrollTop).toBe(400);
});

test("taken out of the page and put back, it is where it was", () => {
  grow(500);
  scroll(120);
  scroller.hidden = true;
  laidOut();
  scroller.hidden = false;
  scroller.scrollTop = 0;
  laidOut();
  expect(scroller.scrollTop).toBe(120);
});

test("a text that does not grow is read from its beginning", () => {
  begin(false);
  grow(500);
  expect(scroller.scrollTop).toBe(0);
});

test("nothing else is scrolled", () => {
  const spies = (["scrollIntoView", "scrollTo", "scrollBy", "scroll"] as const).map((name) =>
    vi.spyOn(Element.prototype, name).mockImplementation(() => {}),
  );
  grow(500);
  follower.toEnd();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  expect(changed).toHaveBeenCalled();
});
