/** The answer's parts, each with its own renderer. */

import { createRenderer, type MarkdownRenderer } from "../markdown/index.js";
import { noParts, type Parts } from "../markdown/parts.js";
import { lengthOf, type Part, type State, textAfter } from "../reduce.js";
import { h } from "./dom.js";

/** What is shown of one part. `rebuilt` parts are thrown away whole. */
interface PartView {
  readonly el: HTMLElement;
  shown: Part;
  readonly renderer: MarkdownRenderer;
  /** Reasoning only: open until an answer follows, unless the reader has decided. */
  readonly fold?: HTMLDetailsElement;
  touched: boolean;
}

export interface Body {
  readonly el: HTMLElement;
  update(state: State, running: boolean): void;
}

export function createBody(heavy: Parts = noParts): Body {
  const el = h("div", "nbs-body");
  let views: PartView[] = [];
  let finished = false;

  function clear(): void {
    el.replaceChildren();
    views = [];
    finished = false;
  }

  /** Appends what is new; false if what is shown is not how `part` begins. */
  function extend(view: PartView, part: Part): boolean {
    const text = textAfter(part, view.shown);
    if (text === null) return false;
    if (text) view.renderer.append(text);
    view.shown = part;
    return true;
  }

  function show(parts: readonly Part[]): boolean {
    for (const [index, part] of parts.entries()) {
      const view = views[index];
      if (!view) views.push(createPart(part, el, heavy));
      else if (view.shown.part !== part.part || view.shown.type !== part.type) return false;
      else if (view.shown !== part && !extend(view, part)) return false;
    }
    return views.length === parts.length;
  }

  return {
    el,
    update(state, running) {
      const parts = state.parts.filter(lengthOf);
      if (!show(parts)) {
        clear();
        show(parts);
      }
      const lastAnswer = parts.findLastIndex((part) => part.type !== "reasoning");
      for (const [index, { fold, touched }] of views.entries()) {
        if (fold && !touched) fold.open = index > lastAnswer;
      }
      el.classList.toggle("nbs-running", running);
      if (!running && !finished) for (const { renderer } of views) renderer.finish();
      finished = !running;
    },
  };
}

function createPart(part: Part, parent: HTMLElement, heavy: Parts): PartView {
  // JupyterLab's own class: the live answer looks as the saved Markdown will.
  const content = h("div", "nbs-markdown jp-RenderedHTMLCommon");
  content.dir = "auto";
  const el = h(part.type === "reasoning" ? "details" : "div", `nbs-part nbs-${part.type}`);
  const renderer = createRenderer(content, { parts: heavy });
  const base = { el, shown: part, renderer, touched: false };
  let view: PartView = base;
  if (el instanceof HTMLDetailsElement) {
    const summary = h("summary", "nbs-fold", "reasoning");
    const scroller = h("div", "nbs-scroller");
    scroller.append(content);
    el.append(summary, scroller);
    view = { ...base, fold: el };
    // "toggle" also fires for what the code does; a click, or a key, is the reader's.
    summary.addEventListener("click", () => {
      view.touched = true;
    });
  } else {
    if (part.type === "refusal") el.append(h("div", "nbs-mark", "refusal"));
    el.append(content);
  }
  parent.append(el);
  const text = textAfter(part, { ...part, last: null });
  if (text) renderer.append(text);
  return view;
}
