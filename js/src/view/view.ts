/** One view of a store: header, body, notices and the line of figures, painted once per frame. */

import { type Heavy, noHeavy } from "../lazy/lazy.js";
import { type Images, noImages } from "../store/images.js";
import { isTerminal } from "../store/reduce.js";
import type { Store } from "../store/store.js";
import { createBody } from "./body.js";
import { createControls } from "./controls.js";
import { h, setText, setTitle } from "./dom.js";
import { createInspect } from "./inspect.js";
import { attachKeys } from "./keys.js";
import { createNotices } from "./notices.js";
import { elapsed, ending, figures, statusWords } from "./words.js";

const TICK = 100;

/** Shows `store` in `el` until `signal` aborts. `style` is called whenever `el` may have a new root. */
export function mountView(
  el: HTMLElement,
  store: Store,
  signal: AbortSignal,
  heavy: Heavy = noHeavy,
  images: Images = noImages,
  style?: () => void,
): void {
  const root = h("div", "nbs-view");
  const model = h("span", "nbs-model");
  const note = h("span", "nbs-note");
  const status = h("span", "nbs-status");
  const time = h("span", "nbs-elapsed");
  const dot = h("span", "nbs-dot");
  const header = h("div", "nbs-header");
  const footer = h("div", "nbs-foot");
  const numbers = h("span", "nbs-figures");
  const live = h("div", "nbs-hidden");
  const body = createBody(
    heavy,
    images,
    (part, approved) => store.decide(part, approved),
    store.clock.frame,
  );
  const controls = createControls(store, body);
  const inspect = createInspect(store, heavy, signal);
  const notices = createNotices(() => store.goOn());

  footer.append(numbers, inspect.toggle, body.expand);
  header.append(dot, model, note, status, time, controls.el);
  root.append(header, body.el, notices.el, footer, inspect.el, live);
  root.setAttribute("role", "region");
  root.tabIndex = -1;
  dot.setAttribute("aria-hidden", "true");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  attachKeys(root, () => store.cancel());

  let cancelFrame: (() => void) | null = null;
  let cancelTick: (() => void) | null = null;
  let announced: boolean | null = null;

  function announce(running: boolean): void {
    // A live region speaks of changes: nothing at first, and nothing of an old ending.
    if (announced === null) announced = !running;
    else if (announced !== running) {
      setText(live, running ? "The answer is being streamed." : ending(store.state));
      announced = running;
    }
  }

  function paint(): void {
    const { state, local, running } = store;
    const now = store.clock.now();
    const words = statusWords(state, local, now);
    root.dataset.status = local.stopping ? "cancelling" : state.status;
    if (local.closed && !isTerminal(state.status)) root.dataset.status = "closed";
    root.setAttribute("aria-label", state.label ? `Answer: ${state.label}` : "Answer");
    setText(model, state.model || state.label || "…");
    setTitle(model, [state.model, state.label].filter(Boolean).join(" – "));
    setText(note, state.note ?? "");
    setText(status, words);
    setTitle(status, words);
    if (running || isTerminal(state.status)) setText(time, elapsed(state, local, now));
    body.update(state, running);
    notices.update(state, local);
    setText(numbers, figures(state));
    controls.update();
    inspect.toggle.hidden = local.closed && inspect.el.hidden;
    announce(running);
    cancelTick?.();
    cancelTick = running && el.isConnected ? store.clock.after(TICK, changed) : null;
  }

  function changed(): void {
    cancelFrame ??= store.clock.frame(() => {
      cancelFrame = null;
      paint();
    });
  }

  const viewer = { el, changed };
  // The notebook may take a cell out of the page and put it back: catch up then.
  const observer = new ResizeObserver(() => {
    if (!el.isConnected) return;
    style?.();
    store.add(viewer);
    inspect.restore();
    if (!cancelTick) changed();
  });
  signal.addEventListener("abort", () => {
    observer.disconnect();
    cancelFrame?.();
    cancelTick?.();
    store.remove(viewer);
    root.remove();
  });

  el.append(root);
  inspect.restore();
  paint();
  store.add(viewer);
  observer.observe(el);
}
