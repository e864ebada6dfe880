/** What the inline parser reads a text as, before spans and links are known to be closed. */

import type { Inline, Span } from "./inline.js";

/** Emphasis and links inside one another; deeper ones leave no trace but their text. */
const MAX_DEPTH = 64;

/** A run of `*`, `_` or `~`. What it opens and closes, in the order in which that was found. */
export class Run {
  previous: Run | null = null;
  next: Run | null = null;
  /** Its place among the runs before it that still count. */
  order = 0;
  readonly opens: Span[] = [];
  readonly closes: Span[] = [];
  readonly length: number;

  constructor(
    /** Where in the text it begins. */
    readonly at: number,
    readonly character: string,
    /** How many characters are still text. */
    public left: number,
    readonly canOpen: boolean,
    readonly canClose: boolean,
  ) {
    this.length = left;
  }

  /** Opens what nothing closes; true if it can. */
  stayOpen(): boolean {
    if (!this.canOpen || this.canClose || this.left > 3) return false;
    for (; this.left > 0; this.left -= this.left > 1 ? 2 : 1) {
      if (this.character === "~") this.opens.push("del");
      else this.opens.push(this.left > 1 ? "strong" : "em");
    }
    return true;
  }
}

export type Token =
  | Run
  | { readonly kind: "open"; readonly link: Extract<Inline, { kind: "link" | "image" }> }
  | { readonly kind: "close"; readonly text: string }
  | { readonly kind: "autolink"; readonly href: string; readonly text: string }
  | Extract<Inline, { kind: "text" | "code" | "break" }>;

/** The tree that tokens stand for. */
export function buildTree(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = [];
  const stack = [root];
  let into = root;
  let links = 0;

  function addText(text: string): void {
    const last = into.at(-1);
    if (last?.kind === "text") last.text += text;
    else if (text) into.push({ kind: "text", text });
  }
  function open(inline: Inline & { children: Inline[] }): void {
    if (stack.length <= MAX_DEPTH) {
      into.push(inline);
      into = inline.children;
    }
    stack.push(into);
  }
  function close(): void {
    stack.pop();
    into = stack.at(-1) ?? root;
  }

  for (const token of tokens) {
    if (token instanceof Run) {
      for (const _ of token.closes) close();
      addText(token.character.repeat(token.left));
      for (const kind of token.opens.toReversed()) open({ kind, children: [] });
    } else if (token.kind === "text") addText(token.text);
    else if (token.kind === "open") {
      links++;
      open(token.link);
    } else if (token.kind === "close") {
      links--;
      close();
    } else if (token.kind === "autolink") {
      const { href, text } = token;
      if (links) addText(text);
      else into.push({ kind: "link", href, title: "", children: [{ kind: "text", text }] });
    } else into.push(token);
  }
  return root;
}
