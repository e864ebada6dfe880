/** The labels of a document, of links and of footnotes: what they stand for, and who waits to know. */

import type { Definition } from "./references.js";
import { foldLabel } from "./strings.js";

/** What shows labels, and can do so again. */
export interface Waiting {
  render(): void;
}

/** The key of the footnote with this (folded) label; no link's label begins like that. */
export const footnoteKey = (label: string) => `[${label}`;

export class References {
  /** The labels of the footnotes that are referred to, in that order: the first is number 1. */
  footnotes: readonly string[] = [];
  private readonly known = new Map<string, Definition>();
  private readonly missing = new Map<string, Set<Waiting>>();
  private readonly stale = new Set<Waiting>();
  private stirred = false;

  constructor(
    /** What the document is shown in. */
    private readonly root: Element,
  ) {}

  /** The first definition of a (folded) label counts. */
  define(label: string, definition: Definition): void {
    if (this.known.has(label)) return;
    this.known.set(label, definition);
    for (const one of this.missing.get(label) ?? []) this.stale.add(one);
    this.missing.delete(label);
  }

  /** Says that there is a footnote with this (folded) label. */
  defineFootnote(label: string): void {
    this.define(footnoteKey(label), { href: "", title: "" });
  }

  lookup(label: string, waiting: Waiting): Definition | undefined {
    const definition = this.known.get(label);
    if (!definition) {
      const others = this.missing.get(label);
      if (others) others.add(waiting);
      else this.missing.set(label, new Set([waiting]));
    }
    return definition;
  }

  /** Says that references to footnotes came or went: their numbers are set anew. */
  stir(): void {
    this.stirred = true;
  }

  /** Renders again what new definitions concern, as long as `more` says so; true if all is done. */
  resolve(more: () => boolean = () => true): boolean {
    for (const one of this.stale) {
      this.stale.delete(one);
      one.render();
      if (!more()) break;
    }
    if (this.stirred) this.number();
    return !this.stale.size;
  }

  /** Numbers the references as they stand in the document, in whatever order they were known. */
  private number(): void {
    this.stirred = false;
    const labels: string[] = [];
    for (const el of this.root.querySelectorAll<HTMLElement>("sup[data-label]")) {
      const label = foldLabel(el.dataset.label ?? "");
      if (!labels.includes(label)) labels.push(label);
      const link = el.firstElementChild as HTMLElement;
      const number = String(labels.indexOf(label) + 1);
      if (link.textContent !== number) link.textContent = link.dataset.footnote = number;
    }
    this.footnotes = labels;
  }
}
