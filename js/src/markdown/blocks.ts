/**
 * The block structure of CommonMark, line by line: a line first goes down the open blocks that it
 * continues, then may open new ones, and what is left of it is text for the innermost.
 */

import { Block, endOf, save } from "./block.js";
import { Line } from "./line.js";
import {
  closesFence,
  isRule,
  takeFence,
  takeHeading,
  takeMarker,
  underlineLevel,
} from "./markers.js";
import { type Definition, takeDefinitions } from "./references.js";
import { trimEnd } from "./strings.js";
import { scanDelimiters, splitRow } from "./table.js";

/** Blocks inside blocks; deeper markers are text. */
export const MAX_DEPTH = 64;

export interface BlockOptions {
  readonly tables: boolean;
  /** Called once for each label, in the order of the text. */
  define(label: string, definition: Definition): void;
}

export class BlockParser {
  readonly root = new Block("root", 0);
  /** The open blocks, outermost first. */
  private open: Block[] = [this.root];
  private number = 0;
  /** How many of the open blocks the current line continues. */
  private matched = 0;
  /** A line that may still change defines nothing. */
  private guessing = false;
  private undo: (() => void) | null = null;

  constructor(private readonly options: BlockOptions) {}

  /** Adds a complete line. */
  add(text: string): void {
    this.takeBack();
    this.process(text);
  }

  /** Adds a line that may go on; the next call of anything takes it back. */
  guess(text: string): void {
    this.takeBack();
    const { open, number } = this;
    const restore = open.map(save);
    this.undo = () => {
      for (const block of restore) block();
      this.open = open;
      this.number = number;
    };
    this.open = [...open];
    this.guessing = true;
    this.process(text);
    this.guessing = false;
  }

  /** Says in each open block what is settled; to be called before a guess. */
  settle(): void {
    this.takeBack();
    for (const [index, block] of this.open.entries()) {
      if (block.kind === "code") block.settled = block.solid;
      else block.settled = block.children.length - (index + 1 < this.open.length ? 1 : 0);
    }
  }

  finish(): void {
    this.takeBack();
    this.closeTo(0);
  }

  private takeBack(): void {
    this.undo?.();
    this.undo = null;
  }

  private get tip(): Block {
    return this.open.at(-1) ?? this.root;
  }

  private process(text: string): void {
    this.number++;
    const line = new Line(text.includes("\0") ? text.replaceAll("\0", "\ufffd") : text);
    this.matched = 1;
    while (this.matched < this.open.length) {
      const block = this.open[this.matched] as Block;
      if (block.fence && closesFence(line, block.fence)) {
        block.end = this.number;
        this.closeTo(this.matched);
        return;
      }
      if (!this.continues(block, line)) break;
      this.matched++;
    }
    if (this.open[this.matched - 1]?.kind !== "code") {
      let opened = this.openBlock(line);
      while (opened === "container") opened = this.openBlock(line);
      if (opened === "line") return;
    }
    this.addText(line);
  }

  /** Whether `line` continues `block`; takes what belongs to the block off the line. */
  private continues(block: Block, line: Line): boolean {
    switch (block.kind) {
      case "list":
        return true;
      case "quote":
        if (line.indent > 3 || line.text[line.next] !== ">") return false;
        this.takeQuote(line);
        block.end = this.number;
        return true;
      case "item":
        // An item may begin with one blank line, not with two.
        if (line.blank ? !block.children.length : line.indent < block.padding) return false;
        line.skip(line.blank ? line.indent : block.padding);
        return true;
      case "code":
        if (block.fence) line.skip(Math.min(block.offset, line.indent));
        else if (line.indent < 4 && !line.blank) return false;
        else line.skip(4);
        return true;
      case "paragraph":
      case "table":
        return !line.blank;
      default:
        return false;
    }
  }

  private takeQuote(line: Line): void {
    line.take(1);
    line.skip(1);
  }

  /** Opens what the line begins with: a container, a leaf that takes the whole line, or nothing. */
  private openBlock(line: Line): "container" | "line" | null {
    const parent = this.open[this.matched - 1] as Block;
    const inParagraph = parent.kind === "paragraph";
    if (line.blank) return null;
    if (line.indent > 3) {
      if (this.tip.kind === "paragraph") return null;
      line.skip(4);
      const code = this.push("code");
      this.addCode(code, line);
      return "line";
    }
    if (this.openLeaf(line, inParagraph ? parent : null)) return "line";
    if (this.matched >= MAX_DEPTH) return null;
    if (line.text[line.next] === ">") {
      this.takeQuote(line);
      this.push("quote");
      return "container";
    }
    return this.openItem(line, inParagraph) ? "container" : null;
  }

  private openLeaf(line: Line, paragraph: Block | null): boolean {
    const heading = takeHeading(line);
    if (heading) {
      const block = this.push("heading");
      block.level = heading.level;
      block.lines.push(heading.text);
      this.closeTo(this.open.length - 1);
      return true;
    }
    const fence = takeFence(line);
    if (fence) {
      Object.assign(this.push("code"), fence);
      return true;
    }
    if (paragraph && this.underline(paragraph, underlineLevel(line))) return true;
    if (paragraph && this.options.tables && this.openTable(paragraph, line)) return true;
    if (!isRule(line)) return false;
    this.push("rule");
    this.closeTo(this.open.length - 1);
    return true;
  }

  /** Turns a paragraph into a heading, unless nothing but definitions is in it. */
  private underline(paragraph: Block, level: number): boolean {
    if (!level) return false;
    const rest = this.takeDefinitions(paragraph);
    paragraph.lines = rest ? rest.split("\n") : [];
    if (!rest) return false;
    const heading = this.replaceTip("heading");
    heading.level = level;
    heading.lines = [trimEnd(rest)];
    heading.end = this.number;
    this.closeTo(this.open.length - 1);
    return true;
  }

  private openTable(paragraph: Block, line: Line): boolean {
    const header = paragraph.lines.at(-1) ?? "";
    const delimiters = line.content();
    if (!header.includes("|") && !delimiters.includes("|")) return false;
    const align = scanDelimiters(delimiters);
    if (!align || splitRow(header).length !== align.length) return false;
    if (paragraph.lines.length > 1) {
      paragraph.lines = paragraph.lines.slice(0, -1);
      paragraph.end = this.number - 2;
      this.matched = this.open.length - 1;
      this.push("table");
    } else this.replaceTip("table");
    this.tip.align = align;
    this.addRow(header);
    return true;
  }

  private addRow(text: string): void {
    const row = new Block("row", this.number);
    row.lines.push(text);
    row.closed = true;
    this.tip.children.push(row);
    this.tip.end = this.number;
  }

  private openItem(line: Line, inParagraph: boolean): boolean {
    const marker = takeMarker(line, inParagraph);
    if (!marker) return false;
    let list = this.open[this.matched - 1] as Block;
    if (list.kind !== "list" || list.marker !== marker.type) {
      list = this.push("list");
      list.marker = marker.type;
      list.start = marker.start;
      list.level = marker.ordered ? 1 : 0;
    }
    const item = this.push("item");
    item.offset = marker.offset;
    item.padding = marker.padding;
    return true;
  }

  private addText(line: Line): void {
    const { tip } = this;
    if (this.matched < this.open.length && !line.blank && tip.kind === "paragraph") {
      // Laziness: the paragraph goes on without its containers' markers.
      tip.lines.push(line.content());
      tip.end = this.number;
      return;
    }
    this.closeTo(this.matched);
    const block = this.tip;
    if (block.kind === "code") this.addCode(block, line);
    else if (line.blank) return;
    else if (block.kind === "table") this.addRow(line.content());
    else {
      const paragraph = block.kind === "paragraph" ? block : this.push("paragraph");
      paragraph.lines.push(line.content());
      paragraph.end = this.number;
    }
  }

  private addCode(block: Block, line: Line): void {
    block.lines.push(line.rest());
    if (line.blank && !block.fence) return;
    block.solid = block.lines.length;
    block.end = this.number;
  }

  /** Opens a block in the innermost one that the line continues and that may hold it. */
  private push(kind: Block["kind"]): Block {
    while (!holds(this.open[this.matched - 1] as Block, kind)) this.matched--;
    this.closeTo(this.matched);
    const parent = this.tip;
    if (parent.kind === "item" || parent.kind === "list") {
      const list = parent.kind === "list" ? parent : (this.open.at(-2) as Block);
      if (endOf(parent) < this.number - 1) list.loose = true;
    }
    const block = new Block(kind, this.number);
    parent.children.push(block);
    this.open.push(block);
    this.matched = this.open.length;
    return block;
  }

  /** Puts a new block where the innermost open one was. */
  private replaceTip(kind: Block["kind"]): Block {
    const block = new Block(kind, this.number);
    this.open.pop();
    this.tip.children[this.tip.children.length - 1] = block;
    this.open.push(block);
    return block;
  }

  private closeTo(depth: number): void {
    while (this.open.length > depth) {
      const block = this.open.pop() as Block;
      block.closed = true;
      if (block.kind === "paragraph") this.closeParagraph(block);
    }
  }

  private closeParagraph(block: Block): void {
    const rest = this.takeDefinitions(block);
    if (rest) block.lines = [trimEnd(rest)];
    else {
      this.tip.end = Math.max(this.tip.end, block.end);
      this.tip.children.pop();
    }
  }

  private takeDefinitions(paragraph: Block): string {
    const text = paragraph.lines.join("\n");
    if (text[0] !== "[") return text;
    const { found, rest } = takeDefinitions(text);
    if (!this.guessing)
      for (const [label, definition] of found) this.options.define(label, definition);
    return rest;
  }
}

function holds(parent: Block, kind: Block["kind"]): boolean {
  if (parent.kind === "list") return kind === "item";
  return parent.kind === "root" || parent.kind === "quote" || parent.kind === "item";
}
