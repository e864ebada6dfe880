/** The box that a long answer grows in, so that the notebook around it stays where it is. */

import { keepInPlace } from "../handover/scroll-anchor.js";
import { h } from "./dom.js";
import { follow } from "./follow.js";

export interface Box {
  /** To be placed in the page; what grows goes into `content`. */
  readonly el: HTMLElement;
  readonly content: HTMLElement;
  /** Takes the box's bound away and gives it back; to be placed where there is room. */
  readonly toggle: HTMLButtonElement;
  /** The text is still growing, or has come to its end. */
  running(running: boolean): void;
  /** Does `change`, which puts other content in; the reader stays about where they were. */
  swap(change: () => void): void;
}

/** A box that follows its text while it grows. */
export function createBox(): Box {
  const el = h("div", "nbs-bound");
  const scroller = h("div", "nbs-box");
  const content = h("div", "nbs-parts");
  const jump = h("button", "nbs-button nbs-jump", "Jump to latest");
  const toggle = h("button", "nbs-button nbs-quiet nbs-expand");
  let growing = true;
  let expanded = false;
  /** Text has come that the reader has not gone to see. */
  let unseen = false;

  function update(): void {
    const { scrolls, atEnd, following } = follower;
    if (!scrolls || atEnd) unseen = false;
    else if (growing && !following) unseen = true;
    jump.hidden = !unseen;
    toggle.hidden = !scrolls && !expanded;
    if (scrolls === scroller.hasAttribute("tabindex")) return;
    if (scrolls) {
      scroller.tabIndex = 0;
      scroller.setAttribute("role", "region");
      scroller.setAttribute("aria-label", "Text of the answer");
    } else for (const name of ["tabindex", "role", "aria-label"]) scroller.removeAttribute(name);
  }

  function expand(now: boolean): void {
    expanded = now;
    scroller.classList.toggle("nbs-expanded", expanded);
    toggle.textContent = expanded ? "Collapse" : "Expand";
    toggle.title = expanded ? "Show the answer in a box" : "Show the whole answer at once";
    toggle.setAttribute("aria-expanded", String(expanded));
  }

  jump.type = toggle.type = "button";
  scroller.append(content);
  el.append(scroller, jump);
  const follower = follow(scroller, content, true, update);
  expand(false);
  update();
  jump.addEventListener("click", () => {
    // The button goes: the keyboard stays in the box.
    scroller.focus({ preventScroll: true });
    follower.toEnd();
  });
  toggle.addEventListener("click", () => {
    // The text stays in place when it gets more room, the button when the text gives it up.
    keepInPlace(expanded ? toggle : content, el, () => {
      expand(!expanded);
      if (!expanded) follower.toEnd();
    });
    update();
  });

  return {
    el,
    content,
    toggle,
    running(now) {
      growing = now;
      // What was complete before it was shown is read from its beginning.
      if (!growing && !content.firstChild) follower.stay();
    },
    swap(change) {
      const part = scroller.scrollTop / scroller.scrollHeight;
      change();
      if (!follower.following && part) scroller.scrollTop = part * scroller.scrollHeight;
    },
  };
}
