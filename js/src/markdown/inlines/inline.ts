/** Text as inlines: what the inline parser makes and the page shows. */

import type { Definition } from "../blocks/references.js";

export type Tag = "sub" | "sup" | "kbd";

export type Span = "em" | "strong" | "del" | Tag;

export interface Formula {
  readonly kind: "math";
  /** As it was written, with its delimiters. */
  readonly text: string;
  readonly tex: string;
  readonly display: boolean;
  /** False while its end has not arrived. */
  readonly isClosed: boolean;
}

export type Inline =
  | { readonly kind: "text"; text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "break" }
  | { readonly kind: "footnote"; readonly label: string; readonly number: string }
  | Formula
  | { readonly kind: Span; readonly children: Inline[] }
  | {
      readonly kind: "link" | "image";
      readonly href: string;
      readonly title: string;
      readonly children: Inline[];
    };

/** An address in a text. */
export interface Autolink {
  readonly at: number;
  readonly address: string;
  /** What is missing before the address. */
  readonly scheme: string;
}

export interface AddressFinder {
  /** All addresses without markup in `text`, in its order. */
  addresses(text: string): Autolink[];
}

export interface InlineOptions {
  /** The fewest tildes that strike text out; 0 for none at all. */
  readonly strikethrough: number;
  /** Finds addresses without markup, which become links; null leaves them as text. */
  readonly embedder: AddressFinder | null;
  readonly math: boolean;
  /** Some tags are elements. */
  readonly html: boolean;
  /** More may follow: what is open at the end is taken for what it will probably be. */
  readonly unfinished: boolean;
  readonly footnotes: boolean;
  /** The definition of a folded label; for a footnote's key, its number is the `href`. */
  lookup(label: string): Definition | undefined;
}

export interface Parsed {
  readonly inlines: Inline[];
  /** Nothing is open that more text may close: what follows may be read by itself. */
  readonly settled: boolean;
}

/** The text alone, as an image's description has it. */
export function plainText(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (inline.kind === "break") return "\n";
      if (inline.kind === "footnote") return `[^${inline.label}]`;
      return "text" in inline ? inline.text : plainText(inline.children);
    })
    .join("");
}
