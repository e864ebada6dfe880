/**
 * What came on the wire for one stream: raw events, the gaps between them, the request's id and
 * headers, and a bug report. A part that comes from the kernel when a reader first wants it.
 */

import type { Inspector } from "../../lazy/lazy.js";
import { copyText } from "../../markdown/embeds/clipboard.js";
import { inspect } from "../../protocol/requests.js";
import type { Store } from "../../store/store.js";
import { h, setText } from "../../view/dom.js";
import { frontEnd } from "./front-end.js";
import { type Inspection, parseInspection } from "./message.js";
import { createRows } from "./rows.js";
import { STYLE } from "./style.js";

/** How long (ms) until the kernel is asked again while the stream continues. */
const PERIOD = 1000;
/** ... and how long an answer is waited for. */
const PATIENCE = 10_000;
const FEEDBACK_TIME = 1500;
/** Words of so many characters have a line of their own. */
const LONG_FACT = 36;
const COPY = "Copy as bug report";

export const inspector: Inspector = {
  open(el, store, close) {
    const panel = createPanel(store, close);
    const { clock, state } = store;
    let stopTimer = () => {};
    /** When the question was asked that has no answer yet. */
    let asked: number | null = null;
    /** Whether the answer to it, and the last answer, tell the end of the stream. */
    let [asksForEnd, knowsEnd] = [false, false];

    function look(): void {
      if (!el.isConnected) {
        // Taken out of the page, perhaps for ever: views are abandoned without a word.
        end();
        return;
      }
      stopTimer = clock.after(PERIOD, look);
      const waits = asked !== null && clock.now() - asked < PATIENCE;
      if (waits || store.local.closed || (knowsEnd && !store.running)) return;
      asked = clock.now();
      asksForEnd = !store.running;
      store.send(inspect(state.stream, frontEnd()));
    }

    function hear(content: unknown): void {
      const message = parseInspection(content);
      if (message?.stream !== state.stream) return;
      asked = null;
      knowsEnd = asksForEnd;
      panel.show(message);
    }

    function end(): void {
      stopTimer();
      store.listeners.delete(hear);
      el.replaceChildren();
    }

    store.listeners.add(hear);
    el.append(panel.el);
    look();
    return end;
  },
};

interface Panel {
  readonly el: HTMLElement;
  show(message: Inspection): void;
}

function createPanel(store: Store, close: () => void): Panel {
  const el = h("div", "nbs-in-panel");
  const bar = h("div", "nbs-in-bar");
  const title = h("div", "nbs-in-title", "Waiting for the kernel…");
  const filter = h("input", "nbs-in-filter");
  const copy = button(COPY);
  const shut = button("Close");
  const note = h("p", "nbs-in-note");
  const facts = h("dl", "nbs-in-facts");
  const headers = h("details", "nbs-in-headers");
  const summary = h("summary", "");
  const headerList = h("dl", "nbs-in-facts");
  const scroller = h("div", "nbs-in-scroller");
  const table = h("table", "nbs-in-table");
  const live = h("div", "nbs-hidden");
  const rows = createRows();
  let report = "";
  let total = 0;

  el.setAttribute("role", "region");
  el.setAttribute("aria-label", "What came on the wire");
  filter.type = "search";
  filter.placeholder = "Filter";
  filter.setAttribute("aria-label", "Filter the events");
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", "Events");
  live.setAttribute("role", "status");
  copy.disabled = true;
  headers.append(summary, headerList);
  table.append(columns(), head(), rows.el);
  scroller.append(table);
  bar.append(title, filter, copy, shut);
  el.append(h("style", "", STYLE), bar, note, facts, headers, scroller, live);

  function count(): void {
    const shown = rows.filter(filter.value);
    const words = `${total.toLocaleString("en")} event${total === 1 ? "" : "s"}`;
    setText(title, filter.value ? `${shown.toLocaleString("en")} of ${words}` : words);
  }

  filter.addEventListener("input", () => {
    count();
    setText(live, title.textContent ?? "");
  });
  shut.addEventListener("click", close);
  copy.addEventListener("click", async () => {
    const word = (await copyText(report, el)) ? "Copied" : "Copying failed";
    setText(copy, word);
    setText(live, word);
    store.clock.after(FEEDBACK_TIME, () => setText(copy, COPY));
  });
  // Esc means the panel here, and not the answer.
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.target === filter && filter.value) {
      filter.value = "";
      count();
    } else close();
  });

  return {
    el,
    show(message) {
      const atEnd = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < 4;
      const grows = scroller.scrollTop > 0 && atEnd;
      ({ report } = message);
      total = message.events.length + message.left_out;
      copy.disabled = false;
      setText(note, message.note);
      fill(facts, message.facts);
      fill(headerList, message.headers);
      setText(summary, `Headers (${message.headers.length})`);
      headers.hidden = !message.headers.length;
      scroller.hidden = !message.events.length;
      table.classList.toggle("nbs-in-nameless", !message.events.some(({ event }) => event));
      rows.update(message);
      count();
      if (grows) scroller.scrollTop = scroller.scrollHeight;
    },
  };
}

/** Names and words; what has not changed stays, so that it can be selected. */
function fill(el: HTMLElement, pairs: Inspection["facts"]): void {
  while (el.children.length > pairs.length) el.lastElementChild?.remove();
  for (const [index, texts] of pairs.entries()) {
    if (!el.children[index]) {
      const pair = h("div", "");
      pair.append(h("dt", ""), h("dd", ""));
      el.append(pair);
    }
    const pair = el.children[index];
    pair?.classList.toggle("nbs-in-wide", texts[1].length > LONG_FACT);
    for (const [place, text] of texts.entries()) setText(pair?.children[place] as Element, text);
  }
}

const COLUMNS = [
  ["number", "#"],
  ["gap", "gap"],
  ["name", "event"],
  ["data", "data"],
] as const;

function columns(): HTMLElement {
  const el = h("colgroup", "");
  for (const [name] of COLUMNS) el.append(h("col", `nbs-in-${name}s`));
  return el;
}

function head(): HTMLElement {
  const el = h("thead", "");
  const row = h("tr", "");
  for (const [name, word] of COLUMNS) {
    const cell = h("th", `nbs-in-${name}`, word);
    cell.scope = "col";
    row.append(cell);
  }
  el.append(row);
  return el;
}

function button(words: string): HTMLButtonElement {
  const el = h("button", "nbs-button", words);
  el.type = "button";
  return el;
}
