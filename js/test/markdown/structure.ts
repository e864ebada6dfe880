/**
 * A text's structure as plain data: its leaves in order, each with what it is in and its inlines.
 * `nbstream/` reads the same from a text (`tests/support/structure.py`).
 */

import type { Block } from "../../src/markdown/blocks/block.js";
import { References } from "../../src/markdown/blocks/labels.js";
import { BlockParser } from "../../src/markdown/blocks/parser.js";
import { splitRow } from "../../src/markdown/blocks/table.js";
import { textOf } from "../../src/markdown/dom/blocks.js";
import { defaultLeafOptions, segmentEnd } from "../../src/markdown/dom/leaf.js";
import { findAutolinks } from "../../src/markdown/embeds/autolinks.js";
import type { Inline } from "../../src/markdown/inlines/inline.js";
import { parseInlines } from "../../src/markdown/inlines/parser.js";
import { trim } from "../../src/markdown/text/strings.js";

const OPTIONS = {
  ...defaultLeafOptions,
  definitions: true,
  tables: true,
  unfinished: false,
  embedder: { addresses: findAutolinks },
};

/** Text as a string, all else as [kind, ...what it says, children]. */
export type Node = string | readonly [kind: string, ...rest: unknown[]];

/** [what it is in, its kind, what it holds]. */
export type LeafNode = readonly [path: string, kind: string, ...content: unknown[]];

function node(inline: Inline): Node {
  switch (inline.kind) {
    case "text":
      return inline.text;
    case "code":
      return ["code", inline.text];
    case "break":
      return ["break"];
    case "footnote":
      return ["footnote", Number(inline.number)];
    case "math":
      return ["math", inline.tex, inline.display];
    case "link":
    case "image":
      return [inline.kind, inline.href, inline.title, inline.children.map(node)];
    default:
      return [inline.kind, inline.children.map(node)];
  }
}

export function structureOf(text: string): LeafNode[] {
  const references = new References();
  const parser = new BlockParser(OPTIONS, references);
  const lines = text.split(/\r\n|\n|\r/);
  for (const line of lines) parser.add(line, 0);
  parser.finish();

  const leaves: LeafNode[] = [];
  const waiting = { render() {} };
  const lookup = (label: string) => {
    const found = references.lookup(label, waiting);
    if (found) references.use(label);
    return found;
  };

  function inlines(leaf: string): Node[] {
    const found: Node[] = [];
    for (let start = 0; start < leaf.length; ) {
      const end = segmentEnd(leaf, start);
      found.push(...parseInlines(leaf.slice(start, end), { ...OPTIONS, lookup }).inlines.map(node));
      start = end;
    }
    return found;
  }

  function walk(block: Block, path: string): void {
    const { kind, lines } = block;
    const add = (name: string, ...content: unknown[]) => leaves.push([path, name, ...content]);
    const below = (name: string) => {
      for (const child of block.children) walk(child, path ? `${path} ${name}`.trim() : name);
    };
    switch (kind) {
      case "paragraph":
      case "heading": {
        const leaf = textOf(block, (label) => references.isUsed(label, waiting));
        const name = kind === "heading" ? `h${block.level}` : "text";
        if (kind === "heading" || leaf) add(name, ...inlines(leaf));
        break;
      }
      case "code":
        add("code", block.info, ...lines.slice(0, block.solid));
        break;
      case "math":
        add("math", trim(lines.join("\n")));
        break;
      case "rule":
        add("rule");
        break;
      case "row":
        break;
      case "table":
        for (const row of block.children) {
          const cells = splitRow(row.lines[0] ?? "", block.align.length);
          for (const index of block.align.keys()) add("cell", ...inlines(cells[index] ?? ""));
        }
        break;
      case "details":
        add("summary", ...inlines(block.info));
        below("details");
        break;
      default:
        below(kind === "list" || kind === "root" ? "" : kind);
    }
  }
  // What is referred to is known at the end.
  walk(parser.root, "");
  leaves.length = 0;
  walk(parser.root, "");
  return leaves;
}
