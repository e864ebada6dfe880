/** A node of the page, and the inline that it shows. */

import type { Inline } from "../inlines/inline.js";

export type Target = Extract<Inline, { kind: "link" | "image" }>;

export type Item = Inline | { readonly kind: "checkbox"; readonly checked: boolean };

/** A node that is shown, and what it shows. */
export interface Shown {
  readonly kind: Item["kind"];
  node: ChildNode;
  item: Item | null;
  readonly children: Shown[];
}

/** The address to link to, null for none. */
export type LinkTo = (address: string) => string | null;

/** Shows the footnote with this number. */
export type Goto = (footnote: number) => void;
