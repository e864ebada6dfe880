/** The answer's parts, in a box of their own. */

import { type Heavy, noHeavy } from "../lazy/lazy.js";
import { createEmbeds } from "../markdown/embeds/create.js";
import { type Images, noImages } from "../store/images.js";
import { choiceOf, lengthOf, type Part, type State } from "../store/reduce.js";
import { createBox } from "./box.js";
import { attachCopy } from "./copy.js";
import { h } from "./dom.js";
import { createPart, type PartShown } from "./part.js";
import type { Decide } from "./tool.js";

export interface Body {
  readonly el: HTMLElement;
  /** Takes the bound of the box away and gives it back. */
  readonly expand: HTMLButtonElement;
  /** Shows the source in place of the rendered text, or the other way round. */
  raw: boolean;
  update(state: State, running: boolean): void;
}

/** Types that are shown though they have no text yet. */
const WITHOUT_TEXT: ReadonlySet<Part["type"]> = new Set(["tool", "image"]);
const ANSWER: ReadonlySet<Part["type"]> = new Set(["text", "refusal", "audio", "image"]);

/**
 * `heavy`: where the renderer's heavy parts come from. `decide` takes what is said of calls that wait
 * for approval. `schedule`: how it continues with long texts.
 */
export function createBody(
  heavy: Heavy = noHeavy,
  images: Images = noImages,
  decide: Decide = () => {},
  schedule?: (run: () => void) => void,
): Body {
  const el = h("div", "nbs-body");
  const box = createBox();
  const embeds = createEmbeds({ parts: heavy });
  let raw = false;
  let running = true;
  let views: PartShown[] = [];
  /** Where the parts of each answer go, if there are several. */
  let lanes: HTMLElement[] = [];
  let latest: State | null = null;
  el.append(box.el);
  attachCopy(box.content, heavy);

  function clear(): void {
    box.content.replaceChildren();
    views = [];
    lanes = [];
  }

  /** Where a part of this answer goes; answers stand beside each other. */
  function lane(choice: number): HTMLElement {
    for (let number = lanes.length; number <= choice; number++) {
      const el = h("div", "nbs-lane");
      el.append(h("div", "nbs-mark", `answer ${number + 1}`));
      box.content.append(el);
      lanes.push(el);
    }
    return lanes[choice] as HTMLElement;
  }

  function show(state: State): boolean {
    const parts = state.parts.filter((part) => lengthOf(part) || WITHOUT_TEXT.has(part.type));
    const several = parts.some(choiceOf);
    // The first answer's parts are not in a lane so far.
    if (several && views.length && !lanes.length) return false;
    box.content.classList.toggle("nbs-lanes", several);
    for (const [index, part] of parts.entries()) {
      let view = views[index];
      if (!view) {
        const before = parts[index - 1];
        const goesOn = before && choiceOf(before) === choiceOf(part);
        const options = { embeds, images, decide, schedule };
        view = createPart(part, running, options, goesOn ? views[index - 1] : undefined);
        views.push(view);
        if (!view.el.parentNode) (several ? lane(choiceOf(part)) : box.content).append(view.el);
      }
      if (!view.show(part, raw, running)) return false;
    }
    const last = (types: (part: Part) => boolean) => parts.findLastIndex(types);
    const lastAnswer = last(({ type }) => ANSWER.has(type));
    const lastTold = last(({ type }) => type !== "reasoning");
    for (const [index, view] of views.entries())
      view.open(index > (parts[index]?.type === "reasoning" ? lastTold : lastAnswer));
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
