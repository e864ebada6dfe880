/**
 * A leaf's text as DOM nodes. A long one is cut into segments: only the last is parsed again when
 * the text grows, and no construct reaches from one into the next.
 */

import { SIGN } from "./autolinks.js";
import { parseInlines } from "./inlines.js";
import type { References } from "./labels.js";
import { type Item, type Shown, type ShowOptions, update } from "./shown.js";
import { holdBack } from "./unfinished.js";
import { allowedUrl } from "./url.js";

export interface LeafOptions extends ShowOptions {
  readonly strikethrough: boolean;
  readonly autolinks: boolean;
}

export const defaultLeafOptions: LeafOptions = {
  strikethrough: true,
  autolinks: true,
  url: allowedUrl,
};

/** How long a segment may be. */
export const SEGMENT = 4096;

const always = () => true;

/**
 * Where the segment that begins at `start` ends: behind the last line ending that fits, else the
 * last space. It depends on nothing but what is in it, so that more text does not move it.
 */
function segmentEnd(text: string, start: number): number {
  const end = start + SEGMENT;
  if (text.length <= end) return text.length;
  const fits = text.slice(start, end);
  const length = fits.lastIndexOf("\n") + 1 || fits.lastIndexOf(" ") + 1;
  if (length) return start + length;
  return /^[\udc00-\udfff]/.test(text.slice(end, end + 1)) ? end - 1 : end;
}

export class Leaf {
  private readonly segments: Segment[] = [];
  private text = "";
  private open = false;
  private task = false;

  constructor(
    readonly el: HTMLElement,
    private readonly references: References,
    private readonly options: LeafOptions,
  ) {}

  /**
   * Shows `text`; if `open`, more may come soon. `task`: a checkbox may be at its beginning. Returns
   * false if `more` said no before all was shown: `work` goes on.
   */
  show(text: string, open: boolean, task = false, more: () => boolean = always): boolean {
    if (task !== this.task) this.backTo(0);
    else if (!text.startsWith(this.text)) {
      let same = 0;
      while (same < text.length && text[same] === this.text[same]) same++;
      this.backTo(same);
    }
    this.text = text;
    this.open = open;
    this.task = task;
    return this.work(more);
  }

  /** Shows what is left, segment by segment as long as `more` says so; true if nothing is left. */
  work(more: () => boolean = always): boolean {
    for (;;) {
      let last = this.segments.at(-1);
      if (!last) {
        last = new Segment(this.el, 0, this.references, this.options);
        this.segments.push(last);
      }
      const end = segmentEnd(this.text, last.start);
      const isLast = end === this.text.length;
      const task = this.task && last.start === 0;
      last.show(this.text.slice(last.start, end), this.open && isLast, task);
      if (isLast) return true;
      // A block of its own: the layout of what comes does not depend on what was there before.
      const el = document.createElement("span");
      el.className = "nbs-segment";
      this.el.append(el);
      if (last.start === 0) last.end = el;
      this.segments.push(new Segment(el, end, this.references, this.options));
      if (!more()) return false;
    }
  }

  /** Forgets the segments that depend on more than the first `same` characters. */
  private backTo(same: number): void {
    const { segments } = this;
    while (segments.length > 1 && (segments.at(-2)?.start ?? 0) + SEGMENT >= same)
      segments.pop()?.el.remove();
    const [first] = segments;
    if (first && segments.length === 1) first.end = null;
  }
}

/** What may make markup of the text before it, or be markup with what follows. */
const PLAIN = /^[^\\`*_~[\]<>&\n);\ud800-\udfff]+$/;

const TASK = /^\[([ \txX])\](?=[ \t\n])/;

class Segment {
  private readonly shown: Shown[] = [];
  private text = "";
  private open = false;
  private task = false;
  /** Nothing that is shown was a guess about what follows. */
  private sure = true;
  /** What follows in the same element. */
  end: Node | null = null;

  constructor(
    readonly el: HTMLElement,
    /** Where in the leaf's text it begins. */
    readonly start: number,
    private readonly references: References,
    private readonly options: LeafOptions,
  ) {}

  show(text: string, open: boolean, task: boolean): void {
    const done = task === this.task && this.open && this.sure && this.grow(text, open);
    const same = text === this.text && task === this.task && open === this.open;
    this.text = text;
    this.open = open;
    this.task = task;
    if (!done && !same) this.render();
  }

  /** The short way: appends what was added if it is plain text and continues plain text. */
  private grow(text: string, open: boolean): boolean {
    const old = this.text;
    if (text === old) return true;
    const last = this.shown.at(-1);
    if (!open || last?.item?.kind !== "text" || !text.startsWith(old)) return false;
    if (!PLAIN.test(text.slice(old.length - 1)) || holdBack(text) !== text) return false;
    if (this.options.autolinks && SIGN.test(text.slice(old.lastIndexOf(" ") + 1))) return false;
    const added = text.slice(old.length);
    (last.node as Text).appendData(added);
    last.item.text += added;
    return true;
  }

  render(): void {
    let text = this.open ? holdBack(this.text) : this.text;
    this.sure = text === this.text;
    const box = this.task ? TASK.exec(text) : null;
    if (box) text = text.slice(box[0].length);
    const { strikethrough, autolinks } = this.options;
    const { inlines, sure } = parseInlines(text, {
      strikethrough,
      autolinks,
      lookup: (label) => this.references.lookup(label, this),
      unfinished: this.open,
    });
    if (!sure) this.sure = false;
    const items: Item[] = inlines;
    if (box) items.unshift({ kind: "checkbox", checked: box[1]?.toLowerCase() === "x" });
    update(this.el, this.shown, items, this.options, this.end);
  }
}
