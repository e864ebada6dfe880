/** Formulas on the page: their source until the renderer is there, then what it makes of them. */

import type { Parts } from "./parts.js";

/** How long to render in one frame, in ms. */
const BUDGET = 8;

export class Formulas {
  private readonly waiting = new Set<HTMLElement>();
  /** When this frame's time is over; 0: none was rendered in it yet. */
  private until = 0;

  constructor(
    private readonly parts: Parts,
    private readonly schedule: (run: () => void) => void,
  ) {}

  /** Renders the formula that `el` says: at once, or when there is a renderer and time. */
  show(el: HTMLElement): void {
    this.waiting.add(el);
    this.work();
  }

  private readonly work = (): void => {
    const renderer = this.parts.get("math", this.work);
    if (!renderer) return;
    if (!this.until) {
      this.until = performance.now() + BUDGET;
      this.schedule(() => {
        this.until = 0;
        if (this.waiting.size) this.work();
      });
    }
    for (const el of this.waiting) {
      if (performance.now() > this.until) return;
      this.waiting.delete(el);
      const { tex } = el.dataset;
      // It may have become another one, that is not closed.
      if (tex === undefined) continue;
      const shown = renderer.render(tex, el.classList.contains("nbs-math-display"));
      if (shown) el.replaceChildren(shown);
      else el.classList.add("nbs-math-error");
    }
  };
}
