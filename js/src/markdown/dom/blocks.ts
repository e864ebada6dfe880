/** Blocks as DOM nodes, matched by place and kind; what is settled is never visited again. */

import type { Block } from "../blocks/block.js";
import type { References } from "../blocks/labels.js";
import { takeDefinitions } from "../blocks/references.js";
import { splitRow } from "../blocks/table.js";
import { trimEnd } from "../text/strings.js";
import { ListSegments, Pages, type Place, Settled, setStart, TableSegments } from "./chunks.js";
import type { CodeEmbed, Embedder, Embeds } from "./embed.js";
import { showFormula, showText } from "./inlines.js";
import { Leaf, type LeafOptions } from "./leaf.js";

export interface DomOptions extends Omit<LeafOptions, "embedder" | "goto"> {
  readonly tasks: boolean;
  readonly tables: boolean;
  readonly embeds?: Embeds | undefined;
}

/** What is shown of one block. */
interface View {
  readonly key: string;
  readonly el: HTMLElement;
  /** Where its children go, if not simply into `el`. */
  readonly place: Place | null;
  readonly code: CodeEmbed | null;
  block: Block;
  readonly children: View[];
  /** How many children are final. */
  done: number;
  /** The leaf itself, or a row's cells. */
  readonly leaves: Leaf[];
  render(): void;
}

export class BlockDom {
  readonly #root: View;
  readonly #settled = new Settled();
  /** Long text of which a part is not shown yet. */
  readonly #unfinished = new Set<Leaf>();
  /** The last update ran out of time. */
  #late = false;
  #time = () => true;
  /** Shows the last leaf again. */
  #refill = () => {};
  readonly #embedder: Embedder | null;
  readonly #leafOptions: LeafOptions;

  constructor(
    el: HTMLElement,
    root: Block,
    private readonly references: References,
    private readonly options: DomOptions,
    /** Asks for a call of `work`. */
    again: () => void,
  ) {
    this.#embedder = options.embeds?.({ url: options.url, settled: this.#settled, again }) ?? null;
    const goto = (footnote: number) => this.#goto(footnote);
    this.#leafOptions = { ...options, embedder: this.#embedder, goto };
    this.#root = viewOf(root, el, new Pages(el, this.#settled));
  }

  /**
   * Shows what has changed; long text in it only while there is `time`. `grown`: nothing but the
   * text of the last leaf has.
   */
  update(time: () => boolean, grown: boolean): void {
    this.#time = time;
    if (grown) {
      this.#refill();
      return;
    }
    this.#settled.freeze();
    this.#updateChildren(this.#root);
  }

  /** Does what was left over, while there is `time`; true if all is done. */
  work(time: () => boolean): boolean {
    const late = this.#late;
    this.#late = false;
    // What each call does at least would be done twice in a frame.
    if (late) return false;
    for (const leaf of this.#unfinished) {
      if (!leaf.work(time)) return false;
      this.#unfinished.delete(leaf);
    }
    return this.references.resolve(time) && (this.#embedder?.work(time) ?? true);
  }

  #updateChildren(view: View): void {
    const { children, block } = view;
    for (let index = view.done; index < block.children.length; index++)
      this.#updateChild(view, index, block.children[index] as Block);
    for (const old of children.splice(block.children.length)) drop(view, old);
    view.done = block.settled;
  }

  #updateChild(parent: View, index: number, block: Block): void {
    const key = keyOf(block);
    const old = parent.children[index];
    if (old?.key === key) {
      if (old.block !== block) {
        old.block = block;
        old.done = 0;
      }
      this.#fill(old, parent, index);
      return;
    }
    for (const gone of parent.children.splice(index)) drop(parent, gone);
    const view = this.#create(block, parent);
    parent.children.push(view);
    // What needs no place of its own is filled before it is inserted: the browser looks at it once.
    if (!view.place) this.#fill(view, parent, index);
    if (parent.place) parent.place.append(view.el, block);
    else parent.el.append(view.el);
    if (view.place) this.#fill(view, parent, index);
  }

  #create(block: Block, parent: View): View {
    const code = (block.kind === "code" && this.#embedder?.code()) || null;
    const el = code?.el ?? create(block);
    let place: Place | null = null;
    if (block.kind === "table") place = new TableSegments(el, this.#settled);
    else if (block.kind === "list" && parent === this.#root)
      place = new ListSegments(el, this.#settled);
    return viewOf(block, el, place, code);
  }

  #fill(view: View, parent: View, index: number): void {
    const { block, el } = view;
    this.#refill = view.render = () => this.#fill(view, parent, index);
    const isUsed = (label: string) => this.references.isUsed(label, view);
    switch (block.kind) {
      case "paragraph": {
        const text = textOf(block, isUsed);
        // A first line with a pipe may be a table's head: the next line says.
        const head = this.options.tables && block.lines.length === 1 && text[0] === "|";
        el.hidden = !text || (head && !block.isClosed);
        const task = this.options.tasks && index === 0 && parent.block.kind === "item";
        this.#show(view, 0, el, text, !block.isClosed, task);
        return;
      }
      case "heading":
        this.#show(view, 0, el, textOf(block, isUsed), !block.isClosed);
        return;
      case "code":
        if (view.code) view.code.update(block);
        else fillCode(el, block);
        return;
      case "math":
        this.#fillMath(el, block);
        return;
      case "row":
        this.#fillRow(view, parent.block, index);
        return;
      case "list":
        fillList(view);
        break;
      case "details":
        this.#show(view, 0, el.firstElementChild as HTMLElement, block.info || "…");
        break;
    }
    this.#updateChildren(view);
  }

  /** Shows `text` as the leaf number `index` of a block, in `el`. */
  #show(view: View, index: number, el: HTMLElement, text: string, open = false, task = false) {
    const leaf = view.leaves[index] ?? new Leaf(el, this.references, this.#leafOptions);
    view.leaves[index] = leaf;
    if (leaf.show(text, open, task, this.#time)) return;
    this.#unfinished.add(leaf);
    this.#late = true;
  }

  #fillMath(el: HTMLElement, { lines, isClosed }: Block): void {
    const text = lines.join("\n");
    // The TeX of an environment includes what delimits it: `\begin{..}`.
    const tex = text[1] === "b" ? text : text.slice(2, -2).trim();
    if (el.dataset.tex === tex) return;
    showFormula(el, { kind: "math", text, tex, isClosed, display: true }, this.#embedder);
  }

  #goto(footnote: number): void {
    const notes = this.#root.el.querySelectorAll(".nbs-footnotes > ol > li");
    notes[footnote - 1]?.scrollIntoView({ block: "nearest" });
  }

  #fillRow(view: View, table: Block, index: number): void {
    const cells = splitRow(view.block.lines[0] ?? "", table.align.length);
    for (const [column, align] of table.align.entries()) {
      const cell = view.leaves[column]?.el ?? document.createElement(index ? "td" : "th");
      if (!view.leaves[column]) view.el.append(cell);
      cell.style.textAlign = align;
      this.#show(view, column, cell, cells[column] ?? "");
    }
    for (const { el } of view.leaves.splice(table.align.length)) el.remove();
  }
}

function viewOf(
  block: Block,
  el: HTMLElement,
  place: Place | null,
  code: CodeEmbed | null = null,
): View {
  const key = keyOf(block);
  return { key, el, place, code, block, children: [], done: 0, leaves: [], render() {} };
}

function drop(parent: View, view: View): void {
  view.place?.drop?.();
  if (parent.place) parent.place.remove(view.el);
  else view.el.remove();
}

function fillList({ el, block, place }: View): void {
  const start = block.level ? block.start : null;
  if (place instanceof ListSegments) {
    place.describe(!block.loose, start);
    return;
  }
  el.toggleAttribute("data-tight", !block.loose);
  setStart(el, start);
}

/** Code as text, all of it in one node. */
function fillCode(el: HTMLElement, { lines, solid, isClosed, info }: Block): void {
  const code = el.firstElementChild as HTMLElement;
  const language = /^\S*/.exec(info)?.[0];
  code.className = language ? `language-${language}` : "";
  // The last line's ending comes with the next line: until then the line may continue.
  const end = isClosed && solid ? "\n" : "";
  showText(code, lines.slice(0, solid).join("\n") + end);
}

function keyOf(block: Block): string {
  return block.kind === "heading" || block.kind === "list" ? block.kind + block.level : block.kind;
}

/** The elements of blocks that are not paragraphs; headings and lists have several. */
const NAMES: Partial<Record<Block["kind"], string>> = {
  quote: "blockquote",
  item: "li",
  footnote: "li",
  code: "pre",
  rule: "hr",
  table: "div",
  math: "div",
  details: "details",
  row: "tr",
};

function create({ kind, level }: Block): HTMLElement {
  let name = NAMES[kind] ?? "p";
  if (kind === "list") name = level ? "ol" : "ul";
  if (kind === "heading") name = `h${level}`;
  const el = document.createElement(name);
  if (kind === "table") el.className = "nbs-table";
  if (kind === "code") el.append(document.createElement("code"));
  if (kind === "details") {
    el.append(document.createElement("summary"));
    el.toggleAttribute("open", level > 0);
  }
  return el;
}

/** A leaf's text, without the definitions it begins with as far as something refers to them. */
export function textOf(block: Block, isUsed: (label: string) => boolean): string {
  const { lines, isClosed, definitions } = block;
  const text = lines.join("\n");
  if (!isClosed) return trimEnd(takeDefinitions(text).rest);
  // As text it refers to nothing itself.
  const unused = definitions
    .filter(([label]) => !isUsed(label))
    .map(([, , source]) => source.replace(/\[/g, "&#91;"));
  return [...unused, text].filter(Boolean).join("\n");
}
