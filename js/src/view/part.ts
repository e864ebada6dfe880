/** One part of an answer, rendered or as its source; what is not shown does no work. */

import { createRenderer, type MarkdownOptions } from "../markdown/renderer.js";
import type { Images } from "../store/images.js";
import { type Part, textAfter } from "../store/reduce.js";
import { h } from "./dom.js";
import { createFold, type Fold } from "./fold.js";
import { withoutMarks } from "./marks.js";
import { PictureView } from "./picture.js";
import { createPlain } from "./plain.js";
import { createSources, type Sources } from "./sources.js";
import { type Decide, ToolView } from "./tool.js";

/** What shows a part, of whatever type. */
export interface PartShown {
  readonly el: HTMLElement;
  /** Opens the fold, if it has one, unless the reader has decided. */
  open(open: boolean): void;
  /** Shows all of `part`; false if what is there is not how it begins, or takes no more. */
  show(part: Part, raw: boolean, running: boolean): boolean;
}

export interface PartOptions extends MarkdownOptions {
  readonly images: Images;
  /** Whether the call in a part may run. */
  readonly decide: Decide;
}

/** `before` is what shows the part before this one: reasoning continues in its fold. */
export function createPart(
  part: Part,
  running: boolean,
  options: PartOptions,
  before?: PartShown,
): PartShown {
  if (part.type === "tool") return new ToolView(part, options);
  if (part.type === "image") return new PictureView(part, options.images);
  if (part.type !== "reasoning") return new TextView(part, options, null);
  const fold = before instanceof TextView ? before.fold : null;
  return new TextView(part, options, fold ?? createFold(running));
}

/** What is written over a text that is not a plain answer. */
const MARKS: Partial<Record<Part["type"], string>> = {
  refusal: "refusal",
  audio: "spoken, as a transcript",
};

/** One way to show the text. */
interface Face {
  readonly el: HTMLElement;
  readonly renderer: { append(text: string): void; finish?(): void };
  shown: Part;
  finished: boolean;
}

class TextView implements PartShown {
  readonly el: HTMLElement;
  /** Where the part's text is. */
  readonly #content: HTMLElement;
  #sources: Sources | null = null;
  #rendered: Face | null = null;
  #source: Face | null = null;

  constructor(
    private readonly part: Part,
    private readonly options: MarkdownOptions,
    /** Of reasoning: other parts of it may be in there. */
    readonly fold: Fold | null,
  ) {
    this.#content = h("div", "nbs-content");
    if (fold) {
      this.el = fold.el;
      fold.content.append(this.#content);
      return;
    }
    this.el = h("div", `nbs-part nbs-${part.type}`);
    const mark = MARKS[part.type];
    if (mark) this.el.append(h("div", "nbs-mark", mark));
    this.el.append(this.#content);
  }

  open(open: boolean): void {
    this.fold?.open(open);
  }

  show(part: Part, raw: boolean, running: boolean): boolean {
    if (part.part !== this.part.part || part.type !== this.part.type) return false;
    const face = raw ? this.#asSource() : this.#asMarkdown();
    const text = textAfter(part, face.shown);
    if (text === null) return false;
    if (text) {
      // A stream that had ended continues: a renderer that has finished takes no more text.
      if (face.finished && face.renderer.finish) return false;
      face.renderer.append(text);
      face.finished = false;
    }
    face.shown = part;
    if (!running && !face.finished) {
      face.finished = true;
      face.renderer.finish?.();
    }
    this.fold?.tell(part, running);
    if (part.info?.sources && !this.#sources) {
      this.#sources = createSources();
      this.el.append(this.#sources.el);
    }
    this.#sources?.update(part.info?.sources);
    const other = raw ? this.#rendered : this.#source;
    if (other) other.el.hidden = true;
    face.el.hidden = false;
    return true;
  }

  #asMarkdown(): Face {
    if (!this.#rendered) {
      // JupyterLab's own class: the live answer looks as the saved Markdown will.
      const el = h("div", "nbs-markdown jp-RenderedHTMLCommon");
      el.dir = "auto";
      this.#rendered = this.#face(el, withoutMarks(createRenderer(el, this.options)));
    }
    return this.#rendered;
  }

  #asSource(): Face {
    if (!this.#source) {
      const el = h("div", "nbs-raw");
      this.#source = this.#face(el, createPlain(el));
    }
    return this.#source;
  }

  #face(el: HTMLElement, renderer: Face["renderer"]): Face {
    this.#content.append(el);
    return { el, renderer, shown: { ...this.part, last: null }, finished: false };
  }
}
