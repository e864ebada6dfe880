/** One part of an answer, rendered or as its source; what is not shown does no work. */

import { createRenderer, type MarkdownOptions } from "../markdown/index.js";
import { type Part, textAfter } from "../reduce.js";
import { h } from "./dom.js";
import { follow } from "./follow.js";
import { createPlain } from "./plain.js";

/** One way to show the text. */
interface Face {
  readonly el: HTMLElement;
  readonly renderer: { append(text: string): void; finish?(): void };
  shown: Part;
  finished: boolean;
}

export class PartView {
  readonly el: HTMLElement;
  /** Where the part's text is. */
  private readonly content: HTMLElement;
  /** Reasoning only: open until an answer follows, unless the reader has decided. */
  private readonly fold: HTMLDetailsElement | null = null;
  private touched = false;
  private rendered: Face | null = null;
  private source: Face | null = null;

  constructor(
    private readonly part: Part,
    running: boolean,
    private readonly options: MarkdownOptions,
  ) {
    this.el = h(part.type === "reasoning" ? "details" : "div", `nbs-part nbs-${part.type}`);
    this.content = h("div", "nbs-content");
    if (this.el instanceof HTMLDetailsElement) {
      this.fold = this.el;
      const summary = h("summary", "nbs-fold", "reasoning");
      const scroller = h("div", "nbs-scroller");
      scroller.append(this.content);
      follow(scroller, this.content, running, () => {});
      // "toggle" also fires for what the code does; a click, or a key, is the reader's.
      summary.addEventListener("click", () => {
        this.touched = true;
      });
      this.el.append(summary, scroller);
      return;
    }
    if (part.type === "refusal") this.el.append(h("div", "nbs-mark", "refusal"));
    this.el.append(this.content);
  }

  /** Opens the fold, unless the reader has decided. */
  open(open: boolean): void {
    if (this.fold && !this.touched) this.fold.open = open;
  }

  /** Shows all of `part`; false if what is there is not how it begins, or takes no more. */
  show(part: Part, raw: boolean, running: boolean): boolean {
    if (part.part !== this.part.part || part.type !== this.part.type) return false;
    const face = raw ? this.asSource() : this.asMarkdown();
    const text = textAfter(part, face.shown);
    if (text === null) return false;
    if (text) {
      // A stream that had ended goes on: a renderer that has finished takes no more text.
      if (face.finished && face.renderer.finish) return false;
      face.renderer.append(text);
      face.finished = false;
    }
    face.shown = part;
    if (!running && !face.finished) {
      face.finished = true;
      face.renderer.finish?.();
    }
    const other = raw ? this.rendered : this.source;
    if (other) other.el.hidden = true;
    face.el.hidden = false;
    return true;
  }

  private asMarkdown(): Face {
    if (!this.rendered) {
      // JupyterLab's own class: the live answer looks as the saved Markdown will.
      const el = h("div", "nbs-markdown jp-RenderedHTMLCommon");
      el.dir = "auto";
      this.rendered = this.face(el, createRenderer(el, this.options));
    }
    return this.rendered;
  }

  private asSource(): Face {
    if (!this.source) {
      const el = h("div", "nbs-raw");
      this.source = this.face(el, createPlain(el));
    }
    return this.source;
  }

  private face(el: HTMLElement, renderer: Face["renderer"]): Face {
    this.content.append(el);
    return { el, renderer, shown: { ...this.part, last: null }, finished: false };
  }
}
