/** Blocks as DOM nodes, matched by place and kind; what is settled is never visited again. */

import type { Block } from "./block.js";
import type { References } from "./labels.js";
import { Leaf, type LeafOptions } from "./leaf.js";
import { takeDefinitions } from "./references.js";
import { setText } from "./shown.js";
import { trimEnd } from "./strings.js";
import { splitRow } from "./table.js";

/** Lines of code in one node: layout of an append does not depend on the code before it. */
const CHUNK = 64;

export interface DomOptions extends LeafOptions {
  readonly tasks: boolean;
  readonly tables: boolean;
}

/** What is shown of one block. */
interface View {
  readonly key: string;
  readonly el: HTMLElement;
  block: Block;
  readonly children: View[];
  /** How many children, or lines of code, are final. */
  done: number;
  /** The leaf itself, or a row's cells. */
  readonly leaves: Leaf[];
  /** Code: its lines, some in each node. */
  readonly chunks: { readonly node: Text; text: string }[];
}

export class BlockDom {
  private readonly root: View;

  constructor(
    el: HTMLElement,
    root: Block,
    private readonly references: References,
    private readonly options: DomOptions,
  ) {
    this.root = { key: "root", el, block: root, children: [], done: 0, leaves: [], chunks: [] };
  }

  update(): void {
    this.updateChildren(this.root);
    this.references.resolve();
  }

  private updateChildren(view: View): void {
    const { children, block } = view;
    for (let index = view.done; index < block.children.length; index++)
      this.updateChild(view, index, block.children[index] as Block);
    for (const old of children.splice(block.children.length)) drop(old);
    view.done = block.settled;
  }

  private updateChild(parent: View, index: number, block: Block): void {
    const key = keyOf(block);
    let view = parent.children[index];
    if (view?.key !== key) {
      for (const old of parent.children.splice(index)) drop(old);
      const el = create(block);
      view = { key, el, block, children: [], done: 0, leaves: [], chunks: [] };
      parent.children.push(view);
      placeFor(parent, index).append(el);
    }
    if (view.block !== block) {
      view.block = block;
      view.done = 0;
    }
    this.fill(view, parent, index);
  }

  private fill(view: View, parent: View, index: number): void {
    const { block, el } = view;
    switch (block.kind) {
      case "paragraph": {
        const text = textOf(block);
        // A first line with a pipe may be a table's head: the next line says.
        const head = this.options.tables && block.lines.length === 1 && text[0] === "|";
        el.hidden = !text || (head && !block.closed);
        const task = this.options.tasks && index === 0 && parent.block.kind === "item";
        this.leaf(view, 0, el).show(text, !block.closed, task);
        return;
      }
      case "heading":
        this.leaf(view, 0, el).show(block.lines.join("\n"), !block.closed);
        return;
      case "code":
        fillCode(view);
        return;
      case "row":
        this.fillRow(view, parent.block, index);
        return;
      case "list":
        el.toggleAttribute("data-tight", !block.loose);
        if (block.level && block.start !== 1) el.setAttribute("start", String(block.start));
        else el.removeAttribute("start");
        break;
    }
    this.updateChildren(view);
  }

  private leaf(view: View, index: number, el: HTMLElement): Leaf {
    const leaf = view.leaves[index] ?? new Leaf(el, this.references, this.options);
    view.leaves[index] = leaf;
    return leaf;
  }

  private fillRow(view: View, table: Block, index: number): void {
    const cells = splitRow(view.block.lines[0] ?? "");
    for (const [column, align] of table.align.entries()) {
      const cell = view.leaves[column]?.el ?? document.createElement(index ? "td" : "th");
      if (!view.leaves[column]) view.el.append(cell);
      cell.style.textAlign = align;
      this.leaf(view, column, cell).show(cells[column] ?? "", false);
    }
    for (const { el } of view.leaves.splice(table.align.length)) el.remove();
  }
}

/** Removes what is shown; a table has no empty body. */
function drop({ el }: View): void {
  const parent = el.parentElement;
  el.remove();
  if (parent?.localName === "tbody" && !parent.firstChild) parent.remove();
}

function keyOf(block: Block): string {
  return block.kind === "heading" || block.kind === "list" ? block.kind + block.level : block.kind;
}

function create(block: Block): HTMLElement {
  switch (block.kind) {
    case "quote":
      return document.createElement("blockquote");
    case "list":
      return document.createElement(block.level ? "ol" : "ul");
    case "item":
      return document.createElement("li");
    case "heading":
      return document.createElement(`h${block.level}`);
    case "code": {
      const pre = document.createElement("pre");
      pre.append(document.createElement("code"));
      return pre;
    }
    case "rule":
      return document.createElement("hr");
    case "table":
      return document.createElement("table");
    case "row":
      return document.createElement("tr");
    default:
      return document.createElement("p");
  }
}

/** Where a new child goes: a table's first row into its head, others into its body. */
function placeFor(parent: View, index: number): Element {
  const { el } = parent;
  if (parent.block.kind !== "table") return el;
  const name = index ? "tbody" : "thead";
  const last = el.lastElementChild;
  if (last?.localName === name) return last;
  const section = document.createElement(name);
  el.append(section);
  return section;
}

/** A paragraph's text without the definitions it begins with. */
function textOf(block: Block): string {
  const text = block.lines.join("\n");
  return block.closed ? text : trimEnd(takeDefinitions(text).rest);
}

function fillCode({ el, block, chunks, done }: View): void {
  const code = el.firstElementChild as HTMLElement;
  const language = /^\S*/.exec(block.info)?.[0] ?? "";
  const className = language ? `language-${language}` : "";
  if (code.className !== className) code.className = className;
  const { lines, solid } = block;
  let index = Math.floor(done / CHUNK);
  for (; index * CHUNK < solid; index++) {
    const end = Math.min((index + 1) * CHUNK, solid);
    // The last line's ending comes with the next line: until then the line may go on.
    const ending = end < solid || block.closed ? "\n" : "";
    const text = lines.slice(index * CHUNK, end).join("\n") + ending;
    let chunk = chunks[index];
    if (!chunk) {
      chunk = { node: document.createTextNode(""), text: "" };
      const span = document.createElement("span");
      span.append(chunk.node);
      code.append(span);
      chunks.push(chunk);
    }
    setText(chunk.node, chunk.text, text);
    chunk.text = text;
  }
  for (const { node } of chunks.splice(index)) node.parentElement?.remove();
}
