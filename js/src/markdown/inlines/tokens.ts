/** What the inline parser reads a text as, before spans and links are known to be closed. */

import type { Run } from "./emphasis.js";
import type { Inline } from "./inline.js";

/** Emphasis and links inside one another; deeper ones leave no trace but their text. */
export const MAX_DEPTH = 64;

/** What holds others. */
export type Parent = Extract<Inline, { children: Inline[] }>;

/** Text, a run of delimiters, an inline; a parent holds what is before its end, which is null. */
export type Token = string | null | Run | Exclude<Inline, { kind: "text" }>;

/** The tree that tokens stand for. */
export function buildTree(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = [];
  const stack = [root];
  let into = root;
  /** How deep the innermost link is. */
  let link = 0;

  function addText(text: string): void {
    const last = into.at(-1);
    if (last?.kind === "text") last.text += text;
    else if (text) into.push({ kind: "text", text });
  }
  function open(inline: Parent): void {
    // Addresses in links are text.
    const nested = link && inline.kind === "link";
    if (stack.length <= MAX_DEPTH && !nested) {
      into.push(inline);
      into = inline.children;
    }
    stack.push(into);
    if (inline.kind === "link") link ||= stack.length;
  }
  function close(): void {
    if (stack.length === link) link = 0;
    stack.pop();
    into = stack.at(-1) ?? root;
  }

  for (const token of tokens) {
    if (typeof token === "string") addText(token);
    else if (!token) close();
    else if ("opens" in token) {
      for (const _ of token.closes) close();
      addText(token.character.repeat(token.left));
      for (const kind of token.opens.toReversed()) open({ kind, children: [] });
    } else if ("children" in token) open(token);
    else into.push(token);
  }
  return root;
}
