/** The button that shows what came on the wire. All else comes from the kernel when it is pressed. */

import type { Heavy } from "../heavy.js";
import type { Store } from "../store.js";
import { h, setText } from "./dom.js";

export interface Inspect {
  readonly el: HTMLElement;
  readonly toggle: HTMLButtonElement;
}

export function createInspect(store: Store, heavy: Heavy, signal: AbortSignal): Inspect {
  const el = h("div", "nbs-inspector");
  const toggle = h("button", "nbs-button nbs-quiet", "Inspect");
  let end: (() => void) | null = null;

  function open(): void {
    if (el.hidden || end || signal.aborted) return;
    const inspector = heavy.get("inspector", open);
    setText(el, inspector ? "" : "Waiting for the kernel…");
    end = inspector?.open(el, store, press) ?? null;
  }

  function close(): void {
    end?.();
    end = null;
  }

  function press(): void {
    el.hidden = !el.hidden;
    toggle.setAttribute("aria-expanded", String(!el.hidden));
    toggle.focus({ preventScroll: true });
    if (el.hidden) close();
    else open();
  }

  toggle.type = "button";
  toggle.title = "Show what came on the wire";
  el.hidden = true;
  toggle.setAttribute("aria-expanded", "false");
  toggle.addEventListener("click", press);
  signal.addEventListener("abort", close);
  return { el, toggle };
}
