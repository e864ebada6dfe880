/** The open blocks of a document, outermost first, and how they come and go. */

import { Block, endOf } from "./block.js";
import { holds } from "./containers.js";

export abstract class Spine {
  readonly root = new Block("root", 0);
  protected open: Block[] = [this.root];
  /** The number of the current line. */
  protected number = 0;
  /** How many of the open blocks the current line continues. */
  protected matched = 0;

  /** Called with each block that ends; its parent is then the innermost open one. */
  protected abstract closed(block: Block): void;

  protected get tip(): Block {
    return this.open.at(-1) ?? this.root;
  }

  /** The innermost block that the current line continues, as far as that is known. */
  protected get parent(): Block {
    return this.open[this.matched - 1] as Block;
  }

  /** Opens a block in the innermost one that the line continues and that may hold it. */
  protected push(kind: Block["kind"], fields?: Partial<Block>): Block {
    while (!holds(this.parent, kind)) this.matched--;
    this.closeTo(this.matched);
    const parent = this.tip;
    if (parent.kind === "item" || parent.kind === "list") {
      const list = parent.kind === "list" ? parent : (this.open.at(-2) as Block);
      if (endOf(parent) < this.number - 1) list.loose = true;
    }
    const block = new Block(kind, this.number, fields);
    parent.children.push(block);
    this.open.push(block);
    this.matched = this.open.length;
    return block;
  }

  /** Puts a new block where the innermost open one was. */
  protected replaceTip(kind: Block["kind"], fields: Partial<Block>): void {
    const block = new Block(kind, this.number, fields);
    this.open.pop();
    this.tip.children[this.tip.children.length - 1] = block;
    this.open.push(block);
  }

  protected closeTip(): void {
    this.closeTo(this.open.length - 1);
  }

  protected closeTo(depth: number): void {
    while (this.open.length > depth) {
      const block = this.open.pop() as Block;
      block.closed = true;
      this.closed(block);
    }
  }

  /** Says in each open block what no later line can change. */
  settle(): void {
    for (const [index, block] of this.open.entries()) {
      if (block.kind === "code") block.settled = block.solid;
      else block.settled = block.children.length - (index + 1 < this.open.length ? 1 : 0);
    }
  }
}
