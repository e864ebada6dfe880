/**
 * Keeps the page still while JupyterLab replaces the live view by the finished text.
 *
 * Nothing here is promised by JupyterLab (seen in 4.6): every step is tried, and may do nothing.
 */

import { bound, findPlace, type Place } from "./reading-place.js";

/** How long the old height is held at most (ms). */
const HOLD = 500;

interface Hosts {
  rendermime?: { markdownParser?: { render?: (source: string) => unknown } };
}

/**
 * JupyterLab loads its Markdown parser at the first text that needs it, and the output is 20 px
 * high meanwhile. Asked now, the parser is there when the answer ends.
 */
export function warmMarkdown(widgetManager: unknown): void {
  try {
    const rendered = (widgetManager as Hosts | undefined)?.rendermime?.markdownParser?.render?.("");
    if (rendered instanceof Promise) rendered.catch(() => {});
  } catch {
    // Another host, or another version.
  }
}

/**
 * When `signal` aborts, the output area around `el` keeps its height until new content is there, and
 * that content shows what the view in `el` has shown.
 */
export function holdHeight(el: Element, signal: AbortSignal): void {
  let area: HTMLElement | null = null;
  let height = 0;
  let place: Place | null = null;
  const look = () => {
    area = el.closest<HTMLElement>(".jp-OutputArea") ?? area;
    // Gone from the page already: what was measured before counts.
    if (!area || !el.isConnected) return;
    height = area.offsetHeight;
    place = findPlace(el);
  };
  const observer = new ResizeObserver(look);
  observer.observe(el);
  el.addEventListener("scroll", look, { capture: true, passive: true });
  signal.addEventListener("abort", () => {
    observer.disconnect();
    el.removeEventListener("scroll", look, { capture: true });
    if (area?.isConnected && height > 0) hold(area, height, place);
  });
}

function hold(area: HTMLElement, height: number, place: Place | null): void {
  const before = area.style.minHeight;
  const end = performance.now() + HOLD;
  area.style.minHeight = `${height}px`;
  let filled = 0;
  const look = () => {
    const outputs = area.querySelectorAll(".jp-OutputArea-output");
    if (place && bound(area, place)) place = null;
    // Two frames in a row: once the content is there, and once it has been laid out.
    filled = [...outputs].some((output) => output.childElementCount) ? filled + 1 : 0;
    if (filled === 2 || !outputs.length || performance.now() > end) area.style.minHeight = before;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
