/** A line that goes on: when its block is known, and what it defines once it has ended. */

import { expect, test } from "vitest";
import { References } from "../../src/markdown/blocks/labels.js";
import { BlockParser } from "../../src/markdown/blocks/parser.js";
import { GFM, toHtml } from "./html.js";

const OPTIONS = { definitions: true, tables: true, footnotes: true, math: true, html: true };

/** What the last open leaf has after `guess` and what follows, null if it is read again. */
function grown(before: readonly string[], guess: string, more: string): readonly string[] | null {
  const parser = new BlockParser(OPTIONS, new References());
  for (const line of before) parser.add(line, 0);
  parser.guess(guess);
  if (!parser.grow(more)) return null;
  let leaf = parser.root;
  for (let last = leaf.children.at(-1); last; last = leaf.children.at(-1)) leaf = last;
  return leaf.lines;
}

test.each<[string[], string, string, string[]]>([
  [[], "some", " text", ["some text"]],
  [["one"], "two", " | three", ["one", "two | three"]],
  [["> quote"], "lazy", " line", ["quote", "lazy line"]],
  [[], "- 1) item", "s", ["items"]],
  [[], "文", "字", ["文字"]],
  [["```"], "  code", "``` ", ["  code``` "]],
])("after %j, the text of %j goes on with %j", (before, guess, more, lines) => {
  expect(grown(before, guess, more)).toEqual(lines);
});

test.each<[string[], string, string]>([
  [[], "", "text"],
  [[], "2", ". item"],
  [[], "*", "**"],
  [["text"], "==", "="],
  [["```"], "``", "`"],
  [["text"], "<deta", "ils>"],
  [[], "[x", "]: https://x.example"],
  [[], "[^n", "]: note"],
  [[], "\\beg", "in{align}"],
  [["$$"], "x = 1", "$$"],
  [[], "# Title", " of it"],
  [["|a|", "|-|"], "b", "|"],
  [[], "text", "\0"],
])("after %j, %j with %j is read again", (before, guess, more) => {
  expect(grown(before, guess, more)).toBeNull();
});

test.each([
  ["a link", ["[x]: https://x.example\n", "- ite", "m\n", "\n[x]\n"], 'href="https://x.example"'],
  ["a footnote", ["[^n]\n\n", "[^n]: no", "te\n"], "note"],
])("%s is defined by a line that came in pieces", (_, pieces, part) => {
  expect(toHtml(pieces, GFM)).toBe(toHtml([pieces.join("")], GFM));
  expect(toHtml(pieces, GFM)).toContain(part);
});
