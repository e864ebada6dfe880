/**
 * Keeps the end of a growing text in view for as long as the reader wants to see it.
 *
 * Only the scroller's own `scrollTop` is ever set: nothing around it moves. What the reader wants is
 * told by where a scroll leads, not by events of a wheel or a key: find-in-page and scrollbars send
 * none. What this module and the layout do themselves is known before the scroll event comes.
 */

import { selectionAt } from "./dom.js";

/** How far from the end (px) counts as at the end when the reader comes back to it. */
const NEAR = 48;

export interface Follower {
  /** Whether new text moves the scroller. */
  readonly following: boolean;
  /** Whether there is more than the scroller can show. */
  readonly scrolls: boolean;
  /** Whether the end of what there is can be seen. */
  readonly atEnd: boolean;
  /** Goes to the end, and stays there. */
  toEnd(): void;
  /** Stays where the reader is. */
  stay(): void;
}

/**
 * Follows `content`, the only child of `scroller`, from now on if `following`. `changed` is called
 * after each change of size or place; it must not change the size itself.
 */
export function follow(
  scroller: HTMLElement,
  content: HTMLElement,
  following: boolean,
  changed: () => void,
): Follower {
  let top = 0;
  /** The pointer is down: what it points at stays under it. */
  let held = false;
  /** The scroller is not laid out, and has lost its place. */
  let away = false;

  const below = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;

  function stay(): void {
    following = false;
    changed();
  }

  function settle(): void {
    away ||= !scroller.clientHeight;
    if (!scroller.clientHeight) return;
    if (following && isSelecting(content)) following = false;
    if (following && !held) scroller.scrollTop = scroller.scrollHeight;
    else if (away) scroller.scrollTop = top;
    away = false;
    top = scroller.scrollTop;
    changed();
  }

  scroller.addEventListener(
    "scroll",
    () => {
      const now = scroller.scrollTop;
      // Less text than before also moves it up, but then this is the end.
      if (now < top && below() > 1) following = false;
      else if (now > top && below() <= NEAR) following = true;
      top = now;
      changed();
    },
    { passive: true },
  );
  scroller.addEventListener("pointerdown", () => {
    held = true;
    const ended = new AbortController();
    const release = () => {
      ended.abort();
      held = false;
      settle();
    };
    for (const type of ["pointerup", "pointercancel"]) {
      window.addEventListener(type, release, { capture: true, signal: ended.signal });
    }
  });
  content.addEventListener("click", ({ target }) => {
    // What the reader opens is what they want to see.
    if (target instanceof Element && target.closest("summary")) stay();
  });
  // After layout and before paint: the end is never seen out of place.
  const observer = new ResizeObserver(settle);
  observer.observe(scroller);
  observer.observe(content);

  return {
    get following() {
      return following;
    },
    get scrolls() {
      return scroller.scrollHeight > scroller.clientHeight + 1;
    },
    get atEnd() {
      return below() <= NEAR;
    },
    toEnd() {
      following = true;
      settle();
    },
    stay,
  };
}

function isSelecting(content: Element): boolean {
  const selection = selectionAt(content);
  return Boolean(selection && !selection.isCollapsed && content.contains(selection.anchorNode));
}
