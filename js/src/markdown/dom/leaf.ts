/**
 * A leaf's text as DOM nodes. A long one is cut into segments: only the last is parsed again when
 * the text grows, and no construct reaches from one into the next.
 */

import type { References } from "../blocks/labels.js";
import { parseInlines } from "../inlines/parser.js";
import { begins, SIGN } from "../text/strings.js";
import { holdBack } from "../text/unfinished.js";
import { allowedUrl } from "../url.js";
import { type ShowOptions, update } from "./inlines.js";
import type { Item, Shown } from "./node.js";

export interface LeafOptions extends ShowOptions {
  /** The fewest tildes that strike text out; 0 for none at all. */
  readonly strikethrough: number;
  /** `$..$`, `$$..$$`, `\(..\)` and `\[..\]`. */
  readonly math: boolean;
  /** The tags `br`, `sub`, `sup` and `kbd` are elements. */
  readonly html: boolean;
  /** `[^label]`. */
  readonly footnotes: boolean;
}

export const defaultLeafOptions = {
  strikethrough: 2,
  math: true,
  html: true,
  footnotes: true,
  url: allowedUrl,
};

/** How long a segment may be. */
export const SEGMENT = 4096;

/**
 * Where the segment that begins at `start` ends: behind the last line ending that fits, else the
 * last space. It depends on nothing but what is in it, so that more text does not move it.
 */
export function segmentEnd(text: string, start: number): number {
  const end = start + SEGMENT;
  if (text.length <= end) return text.length;
  const fits = text.slice(start, end);
  const length = fits.lastIndexOf("\n") + 1 || fits.lastIndexOf(" ") + 1;
  if (length) return start + length;
  return /^[\udc00-\udfff]/.test(text.slice(end, end + 1)) ? end - 1 : end;
}

export class Leaf {
  readonly #segments: Segment[] = [];
  #text = "";
  #open = false;
  #task = false;

  constructor(
    readonly el: HTMLElement,
    readonly references: References,
    readonly options: LeafOptions,
  ) {
    this.#segments.push(new Segment(this, el, 0));
  }

  /**
   * Shows `text`; if `open`, more may come soon. `task`: a checkbox may be at its beginning. Returns
   * false if `more` said no before all was shown: `work` continues.
   */
  show(text: string, open: boolean, task: boolean, more: () => boolean): boolean {
    if (!begins(text, this.#text)) for (const { el } of this.#segments.splice(1)) el.remove();
    this.#text = text;
    this.#open = open;
    this.#task = task;
    return this.work(more);
  }

  /** Shows what is left, segment by segment as long as `more` says so; true if nothing is left. */
  work(more: () => boolean): boolean {
    for (;;) {
      const text = this.#text;
      const segments = this.#segments;
      const last = segments.at(-1) as Segment;
      const end = segmentEnd(text, last.start);
      const whole = end === text.length;
      last.show(text.slice(last.start, end), this.#open && whole, this.#task && !last.start);
      if (whole) return true;
      // A block of its own: the layout of what follows does not depend on what was there before.
      const el = document.createElement("span");
      el.className = "nbs-segment";
      this.el.append(el);
      segments.push(new Segment(this, el, end));
      if (!more()) return false;
    }
  }
}

/** Text that is not markup, nor with what follows; nothing that it might close is open. */
const PLAIN = /^[^\\`*_~[<>&$\n;\ud800-\udfff]+$/;

const TASK = /^\[([ \txX])\](?=[ \t\n])/;

class Segment {
  readonly #shown: Shown[] = [];
  #text = "";
  #open = false;
  #task = false;
  /** All is shown, and no more text can close anything in it. */
  #settled = false;
  /** Where in the text what is parsed begins; what is before it will not be read otherwise. */
  #cut = 0;
  /** How many items are before the one that the cut is in, and how that one begins. */
  #kept = 0;
  #head = "";

  constructor(
    private readonly leaf: Leaf,
    readonly el: Element,
    /** Where in the leaf's text it begins. */
    readonly start: number,
  ) {}

  show(text: string, open: boolean, task: boolean): void {
    const old = this.#text;
    const was = this.#open;
    const goesOn = begins(text, old);
    this.#text = text;
    this.#open = open;
    this.#task = task;
    const settled = goesOn && this.#settled;
    if (text === old ? settled || open === was : settled && open && this.#grow(old)) return;
    if (!goesOn) this.#cut = 0;
    if (settled) this.#keep(old);
    this.#parse();
  }

  /** All of it again: a label has been defined. */
  render(): void {
    this.#cut = 0;
    this.#parse();
  }

  /** Moves the cut to the last space of `old`, which is what is shown, if it is in plain text. */
  #keep(old: string): void {
    const cut = old.lastIndexOf(" ") + 1;
    const last = this.#shown.at(-1)?.item;
    const word = old.slice(cut - 1);
    // Spaces before the end of a line are its.
    if (!cut || !this.#text[cut]?.trim() || last?.kind !== "text" || !last.text.endsWith(word))
      return;
    this.#cut = cut;
    this.#kept = this.#shown.length - 1;
    this.#head = last.text.slice(0, last.text.length + 1 - word.length);
  }

  /** The short way: appends what came after `old` if it is plain text that continues plain text. */
  #grow(old: string): boolean {
    const text = this.#text;
    const last = this.#shown.at(-1);
    if (last?.item?.kind !== "text") return false;
    if (!PLAIN.test(text.slice(old.length - 1)) || holdBack(text) !== text) return false;
    if (SIGN.test(text.slice(old.lastIndexOf(" ") + 1))) return false;
    const added = text.slice(old.length);
    (last.node as Text).appendData(added);
    last.item.text += added;
    return true;
  }

  #parse(): void {
    const { leaf } = this;
    const open = this.#open;
    const text = open ? holdBack(this.#text) : this.#text;
    const cut = this.#cut;
    const box = this.#task && !cut ? TASK.exec(text) : null;
    const used: string[] = [];
    const { inlines, settled } = parseInlines(text.slice(box?.[0].length ?? cut), {
      ...leaf.options,
      unfinished: open,
      lookup: (label) => {
        const found = leaf.references.lookup(label, this);
        if (found) used.push(label);
        return found;
      },
    });
    // What is not settled may turn out to be something else as more arrives.
    if (settled || !open) for (const label of used) leaf.references.use(label);
    this.#settled = open && settled && text === this.#text;
    const items: Item[] = inlines;
    if (box) items.unshift({ kind: "checkbox", checked: /x/i.test(box[0]) });
    if (cut) {
      const first = inlines[0];
      if (first?.kind === "text") first.text = this.#head + first.text;
      else items.unshift({ kind: "text", text: this.#head });
    }
    update(this.el, this.#shown, items, leaf.options, cut ? this.#kept : 0);
  }
}
