/**
 * The block structure of CommonMark, line by line: a line first goes down the open blocks that it
 * continues, then may open new ones, and what is left of it is text for the innermost.
 */

import { trimEnd } from "../text/strings.js";
import { Block, endOf, save } from "./block.js";
import { closes, continues, holds, takeQuote } from "./containers.js";
import { Line } from "./line.js";
import {
  closesDetails,
  closesFence,
  isRule,
  takeDetails,
  takeFence,
  takeFootnote,
  takeHeading,
  takeMarker,
  takeMath,
  takeSummary,
  underlineLevel,
} from "./markers.js";
import { type Definition, takeDefinitions } from "./references.js";
import { scanDelimiters, splitRow } from "./table.js";

/** Blocks inside blocks; deeper markers are text. */
export const MAX_DEPTH = 64;

/** A line that is a leaf's text, whatever follows: it has a letter, no sign of others before it. */
const SURE = /^[^[<\\$|\p{L}]*\p{L}/u;

export interface BlockOptions {
  /** A definition that nothing refers to is text. */
  readonly definitions: boolean;
  readonly tables: boolean;
  readonly footnotes: boolean;
  readonly math: boolean;
  readonly html: boolean;
}

/** Who has to know the labels that a text defines. */
export interface Labels {
  /** Called once for each label, in the order of the text. */
  define(label: string, definition: Definition): void;
  /** The same for footnotes; they are numbered from 1. */
  defineFootnote(label: string, number: number): void;
}

export class BlockParser {
  readonly root = new Block("root", 0);
  readonly #options: BlockOptions;
  readonly #labels: Labels;
  /** The open blocks, outermost first. */
  #open: Block[] = [this.root];
  /** The number of the current line. */
  #number = 0;
  /** How many of the open blocks the current line continues. */
  #matched = 0;
  #footnotes = 0;
  /** The line does not begin a formula. */
  #literal = false;
  /** A line that may still change defines nothing. */
  #guessing = false;
  /** The guessed line would have defined something. */
  #held = false;
  /** The guessed line is a leaf's text, whatever follows. */
  #sure = false;
  #undo: (() => void) | null = null;

  constructor(options: BlockOptions, labels: Labels) {
    this.#options = options;
    this.#labels = labels;
  }

  /** Adds a complete line, of which the first `guessed` characters may have been guessed. */
  add(text: string, guessed: number): void {
    if (!this.#held && this.grow(text.slice(guessed))) this.#undo = null;
    else {
      this.#takeBack();
      this.#process(text);
    }
  }

  /** Adds a line that may continue: the next call takes it back, unless it only adds text to it. */
  guess(text: string): void {
    this.#takeBack();
    const open = this.#open;
    const number = this.#number;
    const footnotes = this.#footnotes;
    const restore = open.map(save);
    this.#undo = () => {
      for (const block of restore) block();
      this.#open = open;
      this.#number = number;
      this.#footnotes = footnotes;
    };
    this.#open = [...open];
    this.#guessing = true;
    this.#held = this.#sure = false;
    this.#process(text);
    this.#guessing = false;
  }

  /** Lets the line that was guessed continue with `text`; false if another block may come of it. */
  grow(text: string): boolean {
    if (!this.#undo || text.includes("\0")) return false;
    const { kind, lines } = this.#tip;
    const last = lines.length - 1;
    this.#sure ||= kind !== "math" && SURE.test(lines[last] ?? "");
    if (!this.#sure) return false;
    lines[last] += text;
    return true;
  }

  finish(): void {
    this.#takeBack();
    this.#closeTo(0);
  }

  #takeBack(): void {
    this.#undo?.();
    this.#undo = null;
  }

  get #tip(): Block {
    return this.#open.at(-1) ?? this.root;
  }

  /** The innermost block that the current line continues, as far as that is known. */
  get #parent(): Block {
    return this.#open[this.#matched - 1] as Block;
  }

  /** Opens a block in the innermost one that the line continues and that may hold it. */
  #push(kind: Block["kind"], fields?: Partial<Block>): Block {
    while (!holds(this.#parent, kind)) this.#matched--;
    this.#closeTo(this.#matched);
    const parent = this.#tip;
    if (parent.kind === "item" || parent.kind === "list") {
      const list = parent.kind === "list" ? parent : (this.#open.at(-2) as Block);
      if (endOf(parent) < this.#number - 1) list.loose = true;
    }
    const block = new Block(kind, this.#number, fields);
    parent.children.push(block);
    this.#open.push(block);
    this.#matched = this.#open.length;
    return block;
  }

  /** Puts a new block where the innermost open one was. */
  #replaceTip(kind: Block["kind"], fields: Partial<Block>): void {
    const block = new Block(kind, this.#number, fields);
    this.#open.pop();
    this.#tip.children[this.#tip.children.length - 1] = block;
    this.#open.push(block);
  }

  #closeTip(): void {
    this.#closeTo(this.#open.length - 1);
  }

  #closeTo(depth: number): void {
    while (this.#open.length > depth) {
      const block = this.#open.pop() as Block;
      block.isClosed = true;
      this.#closed(block);
    }
  }

  /** Says in each open block what no later line can change. */
  settle(): void {
    for (const [index, block] of this.#open.entries()) {
      if (block.kind === "code") block.settled = block.solid;
      else block.settled = block.children.length - (index + 1 < this.#open.length ? 1 : 0);
    }
  }

  /** Reads a line that continues the first `depth` open blocks. */
  #process(text: string, depth = 1): void {
    this.#number++;
    const line = new Line(text.includes("\0") ? text.replaceAll("\0", "\ufffd") : text);
    this.#matched = depth;
    while (this.#matched < this.#open.length) {
      const block = this.#open[this.#matched] as Block;
      if (closes(block, line)) {
        this.#endWith(block, line);
        return;
      }
      if (!continues(block, line, this.#number)) break;
      this.#matched++;
    }
    // A fence ends the code that is open wherever it stands: models forget to indent it.
    if (this.#matched < this.#open.length && closesFence(line, this.#tip)) {
      this.#matched = this.#open.length - 1;
      this.#endWith(this.#tip, line);
      return;
    }
    if (!isRaw(this.#parent)) {
      if (this.#options.html && closesDetails(line) && this.#endDetails()) return;
      let opened = this.#openBlock(line);
      while (opened === "container") opened = this.#openBlock(line);
      if (opened === "line") return;
    }
    this.#addText(line);
  }

  /** Ends `block` with `line`; what is open inside it ends, too. */
  #endWith(block: Block, line: Line): void {
    if (block.kind === "math") {
      block.lines.push(line.rest());
      block.fence = "";
    }
    block.end = this.#number;
    this.#closeTo(this.#matched);
  }

  /** Ends the innermost fold that the line continues, if there is one. */
  #endDetails(): boolean {
    const index = this.#open.findLastIndex(
      (block, n) => n < this.#matched && block.kind === "details",
    );
    if (index > 0) this.#closeTo(index);
    return index > 0;
  }

  /** Opens what the line begins with: a container, a leaf that takes the whole line, or nothing. */
  #openBlock(line: Line): "container" | "line" | null {
    const parent = this.#parent;
    const inParagraph = parent.kind === "paragraph";
    if (line.blank) return null;
    if (line.indent > 3) {
      if (this.#tip.kind === "paragraph") return null;
      line.skip(4);
      this.#addCode(this.#push("code"), line);
      return "line";
    }
    if (this.#openLeaf(line, inParagraph ? parent : null)) return "line";
    if (this.#matched >= MAX_DEPTH) return null;
    if (this.#options.html && this.#openDetails(line)) return "line";
    if (this.#options.footnotes && this.#openFootnote(line)) return "container";
    if (line.text[line.next] === ">") {
      takeQuote(line);
      this.#push("quote");
      return "container";
    }
    return this.#openItem(line, inParagraph) ? "container" : null;
  }

  #openLeaf(line: Line, paragraph: Block | null): boolean {
    const heading = takeHeading(line);
    if (heading) {
      this.#push("heading", heading);
      this.#closeTip();
      return true;
    }
    const fence = takeFence(line);
    if (fence) {
      this.#push("code", fence);
      return true;
    }
    const math = this.#options.math && !this.#literal ? takeMath(line) : null;
    // In a paragraph it may be the end of a formula that is open there.
    if (math && !(paragraph && dollars(paragraph) % 2)) {
      this.#push("math", math).lines.push(line.content());
      return true;
    }
    if (paragraph && this.#underline(paragraph, underlineLevel(line))) return true;
    if (paragraph && this.#options.tables && this.#openTable(paragraph, line)) return true;
    if (!isRule(line)) return false;
    this.#push("rule");
    this.#closeTip();
    return true;
  }

  /** Turns a paragraph into a heading, unless nothing but definitions is in it. */
  #underline(paragraph: Block, level: number): boolean {
    if (!level) return false;
    const rest = this.#takeDefinitions(paragraph);
    if (!rest) {
      paragraph.lines = [];
      return false;
    }
    const { definitions } = paragraph;
    this.#replaceTip("heading", { level, definitions, lines: [trimEnd(rest)] });
    this.#closeTip();
    return true;
  }

  #openDetails(line: Line): boolean {
    const last = this.#parent;
    const summary = takeSummary(line);
    if (summary !== null && last.kind === "details" && !last.children.length && !last.info) {
      last.info = summary;
      return true;
    }
    const details = takeDetails(line);
    if (!details) return false;
    this.#push("details", details);
    return true;
  }

  /** Footnotes are not inside of anything. */
  #openFootnote(line: Line): boolean {
    if (this.#matched > 1 && this.#open[1]?.kind !== "paragraph") return false;
    const label = takeFootnote(line);
    if (label === null) return false;
    this.#push("footnote", { contentIndent: 4 });
    this.#footnotes++;
    if (this.#guessing) this.#held = true;
    else this.#labels.defineFootnote(label, this.#footnotes);
    return true;
  }

  #openTable(paragraph: Block, line: Line): boolean {
    const header = paragraph.lines.at(-1) ?? "";
    const delimiters = line.content();
    if (!/\|/.test(header + delimiters)) return false;
    const align = scanDelimiters(delimiters);
    if (!align || splitRow(header, align.length).length !== align.length) return false;
    if (paragraph.lines.length > 1) {
      paragraph.lines = paragraph.lines.slice(0, -1);
      paragraph.end = this.#number - 2;
      this.#matched = this.#open.length - 1;
      this.#push("table", { align });
    } else this.#replaceTip("table", { align });
    this.#addRow(header);
    return true;
  }

  #addRow(text: string): void {
    this.#tip.children.push(new Block("row", this.#number, { lines: [text], isClosed: true }));
    this.#tip.end = this.#number;
  }

  #openItem(line: Line, inParagraph: boolean): boolean {
    const marker = takeMarker(line, inParagraph);
    if (!marker) return false;
    const list = this.#parent;
    if (list.kind !== "list" || list.marker !== marker.list.marker) this.#push("list", marker.list);
    this.#push("item", marker.item);
    return true;
  }

  #addText(line: Line): void {
    // Laziness: a paragraph continues without its containers' markers.
    if (line.blank || this.#tip.kind !== "paragraph") this.#closeTo(this.#matched);
    const block = this.#tip;
    if (block.kind === "code") this.#addCode(block, line);
    else if (block.kind === "math") block.lines.push(line.rest());
    else if (line.blank) return;
    else if (block.kind === "table") this.#addRow(line.content());
    else this.#addLine(block.kind === "paragraph" ? block : this.#push("paragraph"), line);
  }

  #addLine(paragraph: Block, line: Line): void {
    // Each line once, when it has ended: a hostile paragraph asks after every line.
    paragraph.level = dollars(paragraph);
    paragraph.lines.push(line.content());
    paragraph.end = this.#number;
  }

  #addCode(block: Block, line: Line): void {
    block.lines.push(line.rest());
    if (line.blank && !block.fence) return;
    block.solid = block.lines.length;
    block.end = this.#number;
  }

  #closed(block: Block): void {
    if (block.kind === "paragraph") this.#closeParagraph(block);
    else if (block.kind === "math" && block.fence) this.#reread(block);
  }

  #closeParagraph(block: Block): void {
    const rest = this.#takeDefinitions(block);
    if (rest || block.definitions.length) block.lines = [trimEnd(rest)];
    else {
      this.#tip.end = Math.max(this.#tip.end, block.end);
      this.#tip.children.pop();
    }
  }

  /** Reads the lines of a formula that nothing closed again, its opening mark being text. */
  #reread({ lines, end }: Block): void {
    this.#tip.children.pop();
    const number = this.#number;
    const matched = this.#matched;
    let depth = this.#open.length;
    this.#number = end - 1;
    this.#literal = true;
    for (const line of lines) {
      // A line may end the fold that the formula was in.
      depth = Math.min(depth, this.#open.length);
      this.#process(line, depth);
      this.#literal = false;
    }
    this.#number = number;
    this.#matched = matched;
  }

  #takeDefinitions(paragraph: Block): string {
    const text = paragraph.lines.join("\n");
    if (text[0] !== "[") return text;
    const { found, rest } = takeDefinitions(text);
    if (this.#options.definitions) paragraph.definitions = found;
    for (const [label, definition] of found)
      if (this.#guessing) this.#held = true;
      else this.#labels.define(label, definition);
    return rest;
  }
}

const isRaw = ({ kind }: Block) => kind === "code" || kind === "math";

/** How many `$$` a paragraph holds. */
const dollars = ({ level, lines }: Block) => level + (lines.at(-1) ?? "").split("$$").length - 1;
