/**
 * What is shown as more than text: code with a head, images that load, formulas that are set, bare
 * addresses that are links.
 */

import type { Block } from "../blocks/block.js";
import type { AddressFinder } from "../inlines/inline.js";
import type { Settled } from "./chunks.js";
import type { Goto, LinkTo, Shown, Target } from "./node.js";

/** What embeds may use of the renderer that they are in. */
export interface EmbedHost {
  readonly url: LinkTo;
  readonly settled: Settled;
  /** Asks for a call of `work`. */
  readonly again: () => void;
}

export interface CodeEmbed {
  readonly el: HTMLElement;
  /** Shows `block` as it is now. */
  update(block: Block): void;
}

export interface Embedder extends AddressFinder {
  /** The place of a new block of code. */
  code(): CodeEmbed;
  /** Makes `one` show `image`. */
  image(one: Shown, image: Target): void;
  /** Makes `el` the mark of a footnote; a click on it calls `goto`. */
  footnote(el: HTMLElement, number: string, goto: Goto): void;
  /** Says that `el` shows a closed formula's source, and has its TeX as `data-tex`. */
  formula(el: HTMLElement): void;
  /** Does what was left over, while there is `time`; true if nothing can be done. */
  work(time: () => boolean): boolean;
}

export type Embeds = (host: EmbedHost) => Embedder;
