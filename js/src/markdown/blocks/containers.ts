/** Which lines continue an open block, and which blocks it may hold. */

import type { Block, BlockKind } from "./block.js";
import type { Line } from "./line.js";
import { closesFence, closesMath } from "./markers.js";

/** Lines of a formula. What stays open for longer is text. */
const LONGEST = 100;

/** Whether `line` continues `block`; takes what belongs to the block off the line. */
export function continues(block: Block, line: Line, number: number): boolean {
  switch (block.kind) {
    case "list":
    case "details":
      return true;
    case "quote":
      if (line.indent > 3 || line.text[line.next] !== ">") return false;
      takeQuote(line);
      block.end = number;
      return true;
    case "item":
    case "footnote":
      // An item may begin with one blank line, not with two.
      if (line.blank ? !block.children.length : line.indent < block.contentIndent) return false;
      line.skip(line.blank ? line.indent : block.contentIndent);
      return true;
    case "code":
      if (block.fence) line.skip(Math.min(block.offset, line.indent));
      else if (line.indent < 4 && !line.blank) return false;
      else line.skip(4);
      return true;
    case "math":
      return block.lines.length < LONGEST && (block.level > 0 || !line.blank);
    case "paragraph":
    case "table":
      return !line.blank;
    default:
      return false;
  }
}

/** Whether `line` is the one that `block` ends with. */
export function closes(block: Block, line: Line): boolean {
  if (block.kind === "math") return closesMath(line, block.fence);
  return line.indent < 4 && closesFence(line, block);
}

export function takeQuote(line: Line): void {
  line.take(1);
  line.skip(1);
}

export const holds = (parent: Block, kind: BlockKind) =>
  parent.kind === "list"
    ? kind === "item"
    : /^(?:root|quote|item|footnote|details)$/.test(parent.kind);
