/** Stop, Raw and Copy. */

import type { Clock } from "../host/clock.js";
import { copyText } from "../markdown/embeds/clipboard.js";
import { joined, type State } from "../store/reduce.js";
import type { Store } from "../store/store.js";
import type { Body } from "./body.js";
import { h, rootOf, setText } from "./dom.js";

const FEEDBACK_TIME = 1500;

export interface Controls {
  readonly el: HTMLElement;
  update(): void;
}

export function createControls(store: Store, body: Body): Controls {
  const el = h("span", "nbs-controls");
  const stop = button("nbs-stop", "Stop", "Stop the answer (Esc)");
  const copy = button("nbs-copy", "Copy", "Copy the answer's text");
  const raw = button("nbs-show-raw", "Raw", "Show the source of the text");
  raw.setAttribute("aria-pressed", "false");
  el.append(stop, raw, copy);
  stop.addEventListener("click", () => store.cancel());
  raw.addEventListener("click", () => {
    body.raw = !body.raw;
    raw.setAttribute("aria-pressed", String(body.raw));
  });
  copy.addEventListener("click", async () => {
    feedback(copy, (await copyText(answer(store.state), el)) ? "copied" : "failed", store.clock);
  });

  return {
    el,
    update() {
      const { running, local, state } = store;
      const stopping = (local.stopping && !local.busy) || state.status === "cancelling";
      if (!running && rootOf(stop).activeElement === stop) copy.focus({ preventScroll: true });
      stop.hidden = !running;
      // Not `disabled`: that would drop the keyboard's focus.
      stop.setAttribute("aria-disabled", String(stopping));
      copy.disabled = !state.parts.some(({ type }) => type === "text" || type === "refusal");
    },
  };
}

/** What Copy gives: the text, or the refusal where there is no text. */
const answer = (state: State): string => joined(state, "text") || joined(state, "refusal");

function button(className: string, text: string, title: string): HTMLButtonElement {
  const el = h("button", `nbs-button ${className}`, text);
  el.type = "button";
  el.title = title;
  return el;
}

function feedback(el: HTMLElement, word: string, clock: Clock): void {
  setText(el, word);
  clock.after(FEEDBACK_TIME, () => setText(el, "Copy"));
}
