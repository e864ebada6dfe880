/** A code block: its lines in chunks, highlighted line by line, each line once. */

import type { Block } from "../block.js";
import type { Settled } from "../pages.js";
import type { CodeReader, Parts, Token } from "../parts.js";
import { setText } from "../shown.js";
import { copyText } from "./clipboard.js";

/** Lines in one element: layout of an append does not depend on the code before it. */
const CHUNK = 32;
/** How long it is said that the code was copied (ms). */
const FEEDBACK = 1500;

/** A piece of the line that may go on, as it is shown. */
interface Piece {
  readonly el: HTMLElement;
  readonly text: Text;
  shown: string;
}

export class CodeView {
  readonly el = create("div", "nbs-code");
  private readonly language = create("span", "nbs-language");
  private readonly code = create("code");
  private block: Block | null = null;
  private info = "";
  private reader: CodeReader | null = null;
  /** How many lines the reader has read. */
  private read = 0;
  /** How many lines are shown that do not change any more, and how many of their endings. */
  private lines = 0;
  private ended = 0;
  private readonly chunks: HTMLElement[] = [];
  /** Text without style at the end of the last chunk: more can be added to it. */
  private tail: Text | null = null;
  private pieces: Piece[] = [];

  constructor(
    private readonly parts: Parts,
    private readonly settled: Settled,
    /** Asks for a call of `work`. */
    private readonly again: (view: CodeView) => void,
  ) {
    const head = create("div", "nbs-code-head");
    const pre = create("pre");
    pre.append(this.code);
    head.append(this.language, this.copyButton());
    this.el.append(head, pre);
  }

  update(block: Block): void {
    if (this.block !== block || this.info !== block.info) this.begin(block);
    const { lines, solid } = block;
    const final = block.closed ? solid : Math.min(block.settled, solid);
    for (; this.lines < final; this.lines++) this.commit(lines[this.lines] ?? "");
    // The last line's ending comes with the next line: until then the line may go on.
    if (solid > final) this.showOpen(lines[final] ?? "");
    else this.dropOpen();
    if (block.closed) this.endLine();
  }

  /** Highlights a chunk that was there before its grammar was; true if there are more. */
  work(): boolean {
    const { block, reader } = this;
    const chunk = this.chunks[this.read / CHUNK];
    if (!block || !reader || !chunk || this.read >= this.lines) return false;
    const end = Math.min(this.read + CHUNK, this.lines);
    this.dropOpen();
    this.tail = null;
    chunk.replaceChildren();
    for (; this.read < end; this.read++) {
      this.addTokens(chunk, block.lines[this.read] ?? "", reader);
      if (this.read < this.ended) this.addText(chunk, "\n");
    }
    if (end < this.lines) return true;
    this.update(block);
    return false;
  }

  private begin(block: Block): void {
    this.block = block;
    this.info = block.info;
    this.lines = this.ended = this.read = 0;
    this.tail = this.reader = null;
    this.pieces.length = this.chunks.length = 0;
    this.code.replaceChildren();
    const name = this.name();
    this.code.className = name ? `language-${name}` : "";
    this.language.textContent = name;
    if (name) this.findReader();
  }

  private name(): string {
    return /^\S*/.exec(this.info)?.[0] ?? "";
  }

  private findReader(): void {
    const arrived = () => {
      // The name of the language comes in pieces, too, and each of them has asked.
      if (this.reader) return;
      this.findReader();
      this.again(this);
    };
    this.reader = this.parts.get("highlight", arrived)?.open(this.name().toLowerCase()) ?? null;
  }

  /** Shows the next line for good. */
  private commit(line: string): void {
    const reader = this.read === this.lines ? this.reader : null;
    if (reader) this.read++;
    if (this.pieces.length) {
      this.showTokens(line, reader?.line(line) ?? plain(line));
      this.pieces = [];
      this.tail = null;
      return;
    }
    this.endLine();
    const chunk = this.chunkOf(this.lines);
    if (reader) this.addTokens(chunk, line, reader);
    else this.addText(chunk, line);
  }

  private showOpen(line: string): void {
    this.endLine();
    const reader = this.read === this.lines ? this.reader : null;
    this.showTokens(line, reader?.copy().line(line) ?? plain(line));
  }

  private dropOpen(): void {
    for (const { el } of this.pieces.splice(0)) el.remove();
  }

  private endLine(): void {
    if (this.ended < this.lines) this.addText(this.chunkOf(this.lines - 1), "\n");
    this.ended = this.lines;
  }

  private showTokens(line: string, tokens: readonly Token[]): void {
    let start = 0;
    for (const [index, { end, style }] of tokens.entries()) {
      const text = line.slice(start, end);
      start = end;
      let piece = this.pieces[index];
      if (!piece) {
        const el = create("span");
        piece = { el, text: document.createTextNode(""), shown: "" };
        el.append(piece.text);
        this.chunkOf(this.lines).append(el);
        this.pieces.push(piece);
      }
      const className = style && `nbs-tok-${style}`;
      if (piece.el.className !== className) piece.el.className = className;
      setText(piece.text, piece.shown, text);
      piece.shown = text;
    }
    for (const { el } of this.pieces.splice(tokens.length)) el.remove();
  }

  private addTokens(chunk: HTMLElement, line: string, reader: CodeReader): void {
    let start = 0;
    for (const { end, style } of reader.line(line)) {
      const text = line.slice(start, end);
      start = end;
      if (style) {
        const el = create("span", `nbs-tok-${style}`);
        el.append(document.createTextNode(text));
        chunk.append(el);
        this.tail = null;
      } else this.addText(chunk, text);
    }
  }

  private addText(chunk: HTMLElement, text: string): void {
    if (!text) return;
    if (this.tail) this.tail.appendData(text);
    else {
      this.tail = document.createTextNode(text);
      chunk.append(this.tail);
    }
  }

  private chunkOf(line: number): HTMLElement {
    const index = Math.floor(line / CHUNK);
    const existing = this.chunks[index];
    if (existing) return existing;
    const last = this.chunks.at(-1);
    if (last) this.settled.add(last);
    const chunk = create("span", "nbs-chunk");
    this.code.append(chunk);
    this.chunks.push(chunk);
    this.tail = null;
    return chunk;
  }

  private copyButton(): HTMLElement {
    const button = create("button", "nbs-code-copy") as HTMLButtonElement;
    button.type = "button";
    const label = (text: string) => {
      button.textContent = text;
    };
    label("Copy");
    button.addEventListener("click", async () => {
      const { lines = [], solid = 0 } = this.block ?? {};
      const done = await copyText(lines.slice(0, solid).join("\n"), this.el);
      label(done ? "copied" : "failed");
      setTimeout(label, FEEDBACK, "Copy");
    });
    return button;
  }
}

const plain = (line: string): Token[] => (line ? [{ end: line.length, style: "" }] : []);

function create(name: string, className = ""): HTMLElement {
  const el = document.createElement(name);
  if (className) el.className = className;
  return el;
}
