/** A document as blocks: what the block parser makes and the page shows. */

import type { Definitions } from "./references.js";
import type { Align } from "./table.js";

export type BlockKind =
  | "root"
  | "quote"
  | "list"
  | "item"
  | "paragraph"
  | "heading"
  | "code"
  | "rule"
  | "table"
  | "row"
  | "math"
  | "details"
  | "footnote";

export class Block {
  children: Block[] = [];
  /** A leaf's text, or a row's single line. */
  lines: string[] = [];
  /** Code: how many of the lines count; blank ones at the end of indented code do not. */
  solid = 0;
  /** No more lines will come. */
  isClosed = false;
  /** How many children, or lines, no later text can change. */
  settled = 0;
  /** The number of the last line that belongs to the block. */
  end: number;
  /**
   * Heading: 1 to 6. List: 1 if numbered. Details: 1 if open from the start. Formula: 1 if it may hold
   * blank lines. Code: fences that are open in it. Paragraph: how many `$$` are before
   * its last line.
   */
  level = 0;
  /** Fenced code: its fence. A formula: what closes it, "" once it is closed. */
  fence = "";
  /** Fenced code: the text after the fence. Details: the summary. */
  info = "";
  /** Fenced code and items: columns of white space before the fence or the marker. */
  offset = 0;
  /** Items and footnotes: columns that the marker and the space after it take. */
  contentIndent = 0;
  /** List: "-", "+", "*", "." or ")". */
  marker = "";
  start = 1;
  loose = false;
  align: readonly Align[] = [];
  /** The definitions that a paragraph began with: those that nothing refers to are text. */
  definitions: Definitions["found"] = [];

  constructor(
    readonly kind: BlockKind,
    line: number,
    fields?: Partial<Block>,
  ) {
    this.end = line;
    Object.assign(this, fields);
  }
}

/** The number of the last line that belongs to `block` or to what is in it. */
export function endOf(block: Block): number {
  let end = block.end;
  for (let last = block.children.at(-1); last; last = last.children.at(-1))
    end = Math.max(end, last.end);
  return end;
}

/** What `block` was, to be put back later. Children and lines may only be added meanwhile. */
export function save(block: Block): () => void {
  const fields = { ...block };
  const children = block.children.length;
  const lines = block.lines.length;
  const last = block.children.at(-1);
  return () => {
    Object.assign(block, fields);
    block.children.length = children;
    if (last) block.children[children - 1] = last;
    block.lines.length = lines;
  };
}
