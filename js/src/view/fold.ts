/** A model's reasoning in a fold: open while it is all there is, unless the reader has decided. */

import type { Part } from "../store/reduce.js";
import { h, setText } from "./dom.js";
import { follow } from "./follow.js";
import { reasoningWords } from "./words.js";

export interface Fold {
  readonly el: HTMLElement;
  /** Where the text goes. */
  readonly content: HTMLElement;
  open(open: boolean): void;
  /** Says how long `part`, of those in here, took. */
  tell(part: Part, running: boolean): void;
}

export function createFold(running: boolean): Fold {
  const el = h("details", "nbs-part nbs-reasoning");
  const summary = h("summary", "nbs-fold");
  const scroller = h("div", "nbs-scroller");
  const content = h("div", "nbs-content");
  const seconds = new Map<string, number | undefined>();
  let touched = false;
  scroller.append(content);
  follow(scroller, content, running, () => {});
  // "toggle" also fires for what the code does; a click, or a key, is the reader's.
  summary.addEventListener("click", () => {
    touched = true;
  });
  el.append(summary, scroller);

  return {
    el,
    content,
    open(open) {
      if (!touched) el.open = open;
    },
    tell({ part, info }, now) {
      seconds.set(part, info?.seconds);
      setText(summary, reasoningWords([...seconds.values()], now));
    },
  };
}
