/** What a page can do without at first, and gets from the kernel when it is needed. */

import type { PartTypes } from "../markdown/addons.js";
import type { Store } from "../store/store.js";

/** Shows what came on the wire. */
export interface Inspector {
  /** Fills `el`, and asks the kernel again while the stream continues; returns how to end that. */
  open(el: HTMLElement, store: Store, close: () => void): () => void;
}

/** Writes a part of a rendered answer for the clipboard. */
export interface Copier {
  /** What `range` selects of `node`, by MIME type. */
  write(node: Node, range: Range): Readonly<Record<string, string>>;
}

export interface HeavyTypes extends PartTypes {
  copier: Copier;
  inspector: Inspector;
}

export interface Heavy {
  /** The part if it is there. Else null, and `ready` is called once it is; asking may fetch it. */
  get<Name extends keyof HeavyTypes>(name: Name, ready: () => void): HeavyTypes[Name] | null;
}

/** For a page that has none of it. */
export const noHeavy: Heavy = { get: () => null };
