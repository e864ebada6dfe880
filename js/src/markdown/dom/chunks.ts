/**
 * Where blocks go, so that the cost of an append does not grow with the text before it: children in
 * pages, lists and tables in segments, and those that are full are laid out only while they can be
 * seen (measured: 0.3 ms a frame at any length, 2.5 ms at 400 KB without).
 */

import type { Block } from "../blocks/block.js";

/** Where the children of a block go. They come and go at the end only. */
export interface Place {
  append(el: HTMLElement, block: Block): void;
  remove(el: HTMLElement): void;
  /** Removes what the place has made beside the block's own element. */
  drop?(): void;
}

/** Blocks on a page, at least. */
const PAGE = 40;
/** Items of a list, or rows of a table, in one segment. Even, for the stripes of rows. */
const SEGMENT = 64;

/** Elements that nothing is added to any more. */
export class Settled {
  #waiting: HTMLElement[] = [];

  add(el: HTMLElement): void {
    this.#waiting.push(el);
  }

  /** To be called before the page is changed: while it is laid out, its sizes cost nothing. */
  freeze(): void {
    // Of no height: not shown now.
    if (!this.#waiting[0]?.offsetHeight) return;
    const sizes = this.#waiting.map((el) => [el.scrollWidth, el.clientHeight]);
    for (const [index, el] of this.#waiting.entries()) {
      const [width, height] = sizes[index] as [number, number];
      // What it takes when it is not laid out: exactly what it takes now.
      el.style.containIntrinsicSize = `auto ${width}px auto ${height}px`;
      el.classList.add("nbs-settled");
    }
    this.#waiting = [];
  }
}

/** The top level: pages, and footnotes below them. */
export class Pages implements Place {
  #page: HTMLElement | null = null;
  #notes: HTMLElement | null = null;

  constructor(
    private readonly el: HTMLElement,
    private readonly settled: Settled,
  ) {}

  append(el: HTMLElement, block: Block): void {
    if (block.kind === "footnote") {
      this.#list().append(el);
      return;
    }
    const count = this.#page?.childElementCount ?? PAGE * 2;
    // A page begins with a paragraph if possible: the space above others would not collapse there.
    if (count >= (block.kind === "paragraph" ? PAGE : PAGE * 2)) this.#turn();
    this.#page?.append(el);
  }

  remove(el: HTMLElement): void {
    const page = this.#page;
    el.remove();
    if (page && !page.firstChild) {
      this.#page = page.previousElementSibling as HTMLElement | null;
      page.remove();
    }
    if (this.#notes && !this.#notes.firstElementChild?.firstElementChild) {
      this.#notes.remove();
      this.#notes = null;
    }
  }

  #turn(): void {
    if (this.#page) this.settled.add(this.#page);
    this.#page = document.createElement("div");
    this.#page.className = "nbs-page";
    this.el.insertBefore(this.#page, this.#notes);
  }

  #list(): Element {
    this.#notes = lastOf(this.el, "section");
    this.#notes.className = "nbs-footnotes";
    return lastOf(this.#notes, "ol");
  }
}

/** A list at the top level: longer ones continue in further lists. */
export class ListSegments implements Place {
  readonly #segments: HTMLElement[];
  #count = 0;
  #start: number | null = null;

  constructor(
    first: HTMLElement,
    private readonly settled: Settled,
  ) {
    this.#segments = [first];
  }

  append(el: HTMLElement): void {
    if (this.#count && this.#count % SEGMENT === 0) this.#next();
    this.#segments.at(-1)?.append(el);
    this.#count++;
  }

  remove(el: HTMLElement): void {
    el.remove();
    this.#count--;
    if (this.#count && this.#count % SEGMENT === 0) this.#segments.pop()?.remove();
  }

  drop(): void {
    for (const segment of this.#segments.splice(1)) segment.remove();
  }

  /** Tells all segments what the list is like; `start` is null if it is not numbered. */
  describe(tight: boolean, start: number | null): void {
    this.#start = start;
    for (const [index, segment] of this.#segments.entries()) {
      segment.toggleAttribute("data-tight", tight);
      setStart(segment, start === null ? null : start + index * SEGMENT);
    }
  }

  #next(): void {
    const last = this.#segments.at(-1) as HTMLElement;
    const segment = last.cloneNode(false) as HTMLElement;
    segment.classList.remove("nbs-settled");
    segment.removeAttribute("style");
    setStart(segment, this.#start === null ? null : this.#start + this.#count);
    last.classList.add("nbs-goes-on");
    last.after(segment);
    this.#segments.push(segment);
    this.settled.add(last);
  }
}

/** Numbers the items of `list` from `start`; null: they have no numbers. */
export function setStart(list: Element, start: number | null): void {
  if (start === null || start === 1) list.removeAttribute("start");
  else list.setAttribute("start", String(start));
}

/** A table: longer ones continue in further tables with the same widths of the columns. */
export class TableSegments implements Place {
  readonly #segments: HTMLElement[] = [];
  #count = 0;
  #widths: readonly number[] = [];

  constructor(
    private readonly el: HTMLElement,
    private readonly settled: Settled,
  ) {}

  append(row: HTMLElement): void {
    // The first row is the head.
    if (!this.#count || (this.#count > 1 && (this.#count - 1) % SEGMENT === 0)) this.#next();
    const table = this.#segments.at(-1)?.firstElementChild as Element;
    lastOf(table, this.#count ? "tbody" : "thead").append(row);
    this.#count++;
  }

  remove(row: HTMLElement): void {
    const section = row.parentElement;
    row.remove();
    this.#count--;
    if (section?.firstElementChild) return;
    section?.remove();
    if (this.#count > 1) this.#segments.pop()?.remove();
  }

  #next(): void {
    const last = this.#segments.at(-1);
    if (last && !this.#widths.length) {
      this.#widths = [...last.querySelectorAll("th")].map((cell) => cell.offsetWidth);
      fix(last.firstElementChild as HTMLElement, this.#widths);
    }
    if (last) this.settled.add(last);
    const segment = document.createElement("div");
    const table = document.createElement("table");
    if (last) fix(table, this.#widths);
    segment.append(table);
    this.el.append(segment);
    this.#segments.push(segment);
  }
}

/** Makes the columns of `table` keep their widths (px), whatever comes into them. */
function fix(table: HTMLElement, widths: readonly number[]): void {
  const columns = document.createElement("colgroup");
  for (const width of widths) {
    const column = document.createElement("col");
    column.style.width = `${width}px`;
    columns.append(column);
  }
  const total = widths.reduce((sum, width) => sum + width, 0);
  // Not shown: nothing was measured.
  if (!total) return;
  table.style.tableLayout = "fixed";
  table.style.width = `${total}px`;
  table.prepend(columns);
}

/** The last child of `el`, which is made if it is not a `name`. */
function lastOf(el: Element, name: "thead" | "tbody" | "section" | "ol"): HTMLElement {
  const last = el.lastElementChild;
  if (last?.localName === name) return last as HTMLElement;
  const made = document.createElement(name);
  el.append(made);
  return made;
}
