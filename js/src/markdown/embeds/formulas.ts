/** Formulas on the page: their source until the renderer is there, then what it makes of them. */

import type { Parts } from "../addons.js";

export class Formulas {
  readonly #waiting = new Set<HTMLElement>();

  constructor(
    private readonly parts: Parts,
    /** Asks for a call of `work`. */
    private readonly again: () => void,
  ) {}

  /** Says that `el` shows a closed formula's source, and its TeX as `data-tex`. */
  add(el: HTMLElement): void {
    this.#waiting.add(el);
  }

  /** Renders while there is `time`, if there is a renderer; true if nothing can be done. */
  work(time: () => boolean): boolean {
    const renderer = this.#waiting.size ? this.parts.get("math", this.again) : null;
    if (!renderer) return true;
    for (const el of this.#waiting) {
      this.#waiting.delete(el);
      const { tex } = el.dataset;
      // It may have become another one, that is not closed.
      if (tex === undefined) continue;
      const shown = renderer.render(tex, el.classList.contains("nbs-math-display"));
      if (shown) el.replaceChildren(shown);
      else el.classList.add("nbs-math-error");
      if (!time()) break;
    }
    return !this.#waiting.size;
  }
}
