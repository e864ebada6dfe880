/** A code block: its lines in chunks, highlighted line by line, each line once. */

import type { CodeReader, Parts, Token } from "../addons.js";
import type { Block } from "../blocks/block.js";
import type { Settled } from "../dom/chunks.js";
import { copyText } from "./clipboard.js";
import { create, Row } from "./row.js";

/** Lines in one chunk. Each is a block: layout of an append does not depend on the code before it. */
const CHUNK = 32;
/**
 * Longer lines are not highlighted (UTF-16 code units), as in VS Code, whose number this is
 * (`editor.maxTokenizationLineLength`): they are data.
 */
const LONG = 20_000;
/** The language that a fence names: `py title="a.py"`, `py:a.py`, `ts,ignore`, `{.py .wide}`. */
const NAME = /^\{?\.?([^\s:,;={}"'(]+)|^\S+/;
/** How long it is said that the code was copied (ms). */
const FEEDBACK = 1500;

export class CodeView {
  readonly el = create("div", "nbs-code");
  readonly #language = create("span", "nbs-language");
  readonly #code = create("code");
  #block: Block | null = null;
  #info = "";
  #reader: CodeReader | null = null;
  /** How many lines the reader has read. */
  #read = 0;
  /** How many lines are shown that do not change any more, and how many of their endings. */
  #lines = 0;
  #ended = 0;
  readonly #chunks: HTMLElement[] = [];
  /** The last line's element, and the line's number. */
  #row: Row | null = null;
  #number = -1;

  constructor(
    private readonly parts: Parts,
    private readonly settled: Settled,
    /** Asks for a call of `work`. */
    private readonly again: (view: CodeView) => void,
  ) {
    const head = create("div", "nbs-code-head");
    const pre = create("pre");
    pre.append(this.#code);
    head.append(this.#language, this.#copyButton());
    this.el.append(head, pre);
  }

  update(block: Block): void {
    if (this.#block !== block || this.#info !== block.info) this.#begin(block);
    const { lines, solid } = block;
    const final = block.isClosed ? solid : Math.min(block.settled, solid);
    while (this.#lines < final) this.#commit(lines[this.#lines] ?? "", this.#lines + 1 < solid);
    // The last line's ending comes with the next line: until then the line may continue.
    if (solid > final) this.#showOpen(lines[final] ?? "");
    else this.#dropOpen();
    if (block.isClosed) this.#endLine();
  }

  /** Highlights a chunk that was there before its grammar was; true if there are more. */
  work(): boolean {
    const [block, reader] = [this.#block, this.#reader];
    const chunk = this.#chunks[this.#read / CHUNK];
    if (!block || !reader || !chunk || this.#read >= this.#lines) return false;
    const end = Math.min(this.#read + CHUNK, this.#lines);
    const last = end === this.#lines;
    if (last) this.#dropOpen();
    chunk.replaceChildren();
    for (; this.#read < end; this.#read++) {
      const row = new Row();
      const line = block.lines[this.#read] ?? "";
      const ended = this.#read < this.#ended;
      row.show(line, tokensOf(line, reader), ended);
      chunk.append(row.el);
      if (!ended) this.#row = row;
    }
    if (last) this.update(block);
    return !last;
  }

  #begin(block: Block): void {
    this.#block = block;
    this.#info = block.info;
    this.#lines = this.#ended = this.#read = 0;
    this.#reader = this.#row = null;
    this.#number = -1;
    this.#chunks.length = 0;
    this.#code.replaceChildren();
    const name = this.#name();
    this.#code.className = name ? `language-${name}` : "";
    this.#language.textContent = name;
    if (name) this.#findReader();
  }

  #name(): string {
    const [word = "", name = word] = NAME.exec(this.#info) ?? [];
    return name;
  }

  #findReader(): void {
    const arrived = () => {
      // A block that gave way to another one has asked as well.
      if (this.#reader) return;
      this.#findReader();
      this.again(this);
    };
    this.#reader = this.parts.get("highlight", arrived)?.open(this.#name().toLowerCase()) ?? null;
  }

  /** Shows the next line for good, with its ending if it has `ended`. */
  #commit(line: string, ended: boolean): void {
    const reader = this.#read === this.#lines ? this.#reader : null;
    if (reader) this.#read++;
    this.#showNext(line, tokensOf(line, reader), ended);
    this.#lines++;
    if (ended) this.#ended = this.#lines;
  }

  #showOpen(line: string): void {
    const reader = this.#read === this.#lines ? this.#reader : null;
    this.#showNext(line, tokensOf(line, reader?.copy()), false, true);
  }

  #dropOpen(): void {
    if (this.#number === this.#lines) this.#row?.el.remove();
    this.#number = -1;
  }

  #showNext(line: string, tokens: readonly Token[], ended: boolean, open = false): void {
    const there = this.#number === this.#lines && this.#row;
    if (!there) this.#endLine();
    const row = there || new Row();
    row.show(line, tokens, ended, open);
    // Filled before: what is added at once is laid out once.
    if (!there) this.#chunkOf(this.#lines).append(row.el);
    this.#row = row;
    this.#number = this.#lines;
  }

  #endLine(): void {
    if (this.#ended < this.#lines) this.#row?.el.append("\n");
    this.#ended = this.#lines;
  }

  #chunkOf(line: number): HTMLElement {
    const index = Math.floor(line / CHUNK);
    const existing = this.#chunks[index];
    if (existing) return existing;
    const last = this.#chunks.at(-1);
    if (last) this.settled.add(last);
    const chunk = create("span", "nbs-chunk");
    this.#code.append(chunk);
    this.#chunks.push(chunk);
    return chunk;
  }

  #copyButton(): HTMLElement {
    const button = create("button", "nbs-code-copy") as HTMLButtonElement;
    button.type = "button";
    const label = (text: string) => {
      button.textContent = text;
    };
    label("Copy");
    button.addEventListener("click", async () => {
      const { lines = [], solid = 0 } = this.#block ?? {};
      const done = await copyText(lines.slice(0, solid).join("\n"), this.el);
      label(done ? "copied" : "failed");
      setTimeout(label, FEEDBACK, "Copy");
    });
    return button;
  }
}

function tokensOf(line: string, reader: CodeReader | null | undefined): readonly Token[] {
  if (reader && line.length <= LONG) return reader.line(line);
  return line ? [{ end: line.length, style: "" }] : [];
}
