/** The labels of a document, of links and of footnotes: what they stand for, and who waits to know. */

import { foldLabel } from "../text/strings.js";
import type { Definition } from "./references.js";

/** What shows labels, and can do so again. */
export interface Waiting {
  render(): void;
}

/** The key of the footnote with this (folded) label; no link's label begins like that. */
export const footnoteKey = (label: string) => `[${label}`;

const NOTHING = {} as Definition;

/** The key of what waits for something that refers to this (folded) label. */
const useKey = (label: string) => `]${label}`;

export class References {
  readonly #known = new Map<string, Definition>();
  readonly #missing = new Map<string, Set<Waiting>>();
  readonly #stale = new Set<Waiting>();

  /** The first definition of a (folded) label counts. */
  define(label: string, definition: Definition): void {
    if (this.#known.has(label)) return;
    this.#known.set(label, definition);
    for (const one of this.#missing.get(label) ?? []) this.#stale.add(one);
    this.#missing.delete(label);
  }

  /** Says that footnote `number` has this label. */
  defineFootnote(label: string, number: number): void {
    this.define(footnoteKey(foldLabel(label)), { href: String(number), title: "" });
  }

  /** Says that something refers to `label`. */
  use(label: string): void {
    this.define(useKey(label), NOTHING);
  }

  /** Whether something refers to `label`; if not, `waiting` renders when something does. */
  isUsed(label: string, waiting: Waiting): boolean {
    // What waits for the definition refers to it once it is rendered.
    this.resolve(() => true);
    return !!this.lookup(useKey(label), waiting);
  }

  lookup(label: string, waiting: Waiting): Definition | undefined {
    const definition = this.#known.get(label);
    if (!definition) {
      const others = this.#missing.get(label) ?? new Set();
      this.#missing.set(label, others.add(waiting));
    }
    return definition;
  }

  /** Renders again what new definitions concern, as long as `more` says so; true if all is done. */
  resolve(more: () => boolean): boolean {
    for (const one of this.#stale) {
      this.#stale.delete(one);
      one.render();
      if (!more()) break;
    }
    return !this.#stale.size;
  }
}
