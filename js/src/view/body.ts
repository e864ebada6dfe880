/** The answer's parts, in a box of their own. */

import { createEmbeds } from "../markdown/embeds/create.js";
import { noParts, type Parts } from "../markdown/parts.js";
import { lengthOf, type State } from "../reduce.js";
import { createBox } from "./box.js";
import { attachCopy } from "./copy.js";
import { h } from "./dom.js";
import { PartView } from "./part.js";

export interface Body {
  readonly el: HTMLElement;
  /** Takes the bound of the box away and gives it back. */
  readonly expand: HTMLButtonElement;
  /** Shows the source in place of the rendered text, or the other way round. */
  raw: boolean;
  update(state: State, running: boolean): void;
}

/** `heavy`: where the renderer's heavy parts come from. `schedule`: how it goes on with long texts. */
export function createBody(heavy: Parts = noParts, schedule?: (run: () => void) => void): Body {
  const el = h("div", "nbs-body");
  const box = createBox();
  const embeds = createEmbeds({ parts: heavy });
  let raw = false;
  let running = true;
  let views: PartView[] = [];
  let latest: State | null = null;
  el.append(box.el);
  attachCopy(box.content);

  function clear(): void {
    box.content.replaceChildren();
    views = [];
  }

  function show(state: State): boolean {
    const parts = state.parts.filter(lengthOf);
    for (const [index, part] of parts.entries()) {
      let view = views[index];
      if (!view) {
        view = new PartView(part, running, { embeds, schedule });
        views.push(view);
        box.content.append(view.el);
      }
      if (!view.show(part, raw, running)) return false;
    }
    const lastAnswer = parts.findLastIndex((part) => part.type !== "reasoning");
    for (const [index, view] of views.entries()) view.open(index > lastAnswer);
    return views.length === parts.length;
  }

  function update(state: State): void {
    latest = state;
    if (show(state)) return;
    clear();
    show(state);
  }

  return {
    el,
    expand: box.toggle,
    get raw() {
      return raw;
    },
    set raw(next) {
      raw = next;
      box.swap(() => {
        if (latest) update(latest);
      });
    },
    update(state, now) {
      running = now;
      el.classList.toggle("nbs-running", running);
      box.running(running);
      update(state);
    },
  };
}
