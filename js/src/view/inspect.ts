/** The button that shows what came on the wire. All else comes from the kernel when it is pressed. */

import type { Heavy } from "../lazy/lazy.js";
import type { Store } from "../store/store.js";
import { h, setText } from "./dom.js";

export interface Inspect {
  readonly el: HTMLElement;
  readonly toggle: HTMLButtonElement;
  /** Fills `el` if it is open and empty: it is emptied when it leaves the page. */
  restore(): void;
}

export function createInspect(store: Store, heavy: Heavy, signal: AbortSignal): Inspect {
  const el = h("div", "nbs-inspector");
  const toggle = h("button", "nbs-button nbs-quiet", "Inspect");
  let end: (() => void) | undefined;

  function restore(): void {
    if (el.hidden || el.childElementCount || signal.aborted) return;
    const inspector = heavy.get("inspector", restore);
    setText(el, inspector ? "" : "Waiting for the kernel…");
    end = inspector?.open(el, store, press);
  }

  function show(open: boolean): void {
    store.inspected = open;
    el.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (open) restore();
    else end?.();
  }

  function press(): void {
    toggle.focus({ preventScroll: true });
    show(el.hidden === true);
  }

  toggle.type = "button";
  toggle.title = "Show what came on the wire";
  toggle.addEventListener("click", press);
  signal.addEventListener("abort", () => end?.());
  // A view that takes another's place, as at the end of the stream.
  show(store.inspected);
  return { el, toggle, restore };
}
