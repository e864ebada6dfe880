/** The events as rows of a table, which keep what the reader has unfolded while more come. */

import { h, setText } from "../../view/dom.js";
import type { Inspection, RawEvent } from "./message.js";

/** A silence of so many seconds is pointed out. */
const LONG = 1;

export interface Rows {
  readonly el: HTMLElement;
  update(message: Inspection): void;
  /** Shows only the events that contain `words`; returns how many these are. */
  filter(words: string): number;
}

interface Row {
  readonly el: HTMLElement;
  /** What is shown of the event now. */
  event: RawEvent;
  update(event: RawEvent): void;
}

export function createRows(): Rows {
  const el = h("tbody", "");
  let rows = new Map<number, Row>();
  let attempt = 0;
  let wanted = "";

  function filter(words: string): number {
    wanted = words.toLowerCase();
    let count = 0;
    for (const { el: row, event } of rows.values()) {
      row.hidden = !oneLine(event).toLowerCase().includes(wanted);
      if (!row.hidden) count++;
    }
    el.classList.toggle("nbs-in-filtered", wanted !== "");
    return count;
  }

  return {
    el,
    update(message) {
      if (message.attempt !== attempt) rows = new Map();
      attempt = message.attempt;
      const next = new Map<number, Row>();
      const shown: HTMLElement[] = [];
      let before = 0;
      for (const event of message.events) {
        const skipped = event.number - before - 1;
        if (skipped > 0) shown.push(gapRow(skipped));
        before = event.number;
        const row = rows.get(event.number) ?? createRow(event);
        row.update(event);
        next.set(event.number, row);
        shown.push(row.el);
      }
      rows = next;
      replace(el, shown);
      filter(wanted);
    },
    filter,
  };
}

/** Puts `shown` into `el`, and moves nothing that stays: it would lose the keyboard's focus. */
function replace(el: HTMLElement, shown: readonly HTMLElement[]): void {
  const stay = new Set<Element>(shown);
  for (const row of [...el.children]) if (!stay.has(row)) row.remove();
  let place = el.firstElementChild;
  for (const row of shown) {
    if (row === place) place = row.nextElementSibling;
    else el.insertBefore(row, place);
  }
}

function createRow(first: RawEvent): Row {
  const el = h("tr", "");
  const gap = h("td", "nbs-in-gap");
  const name = h("td", "nbs-in-name");
  const cell = h("td", "");
  const fold = h("details", "");
  const line = h("summary", "");
  const all = h("pre", "");
  fold.append(line, all);
  cell.append(fold);
  el.append(h("td", "nbs-in-number", String(first.number)), gap, name, cell);
  const row: Row = {
    el,
    event: first,
    update(event) {
      row.event = event;
      const { gap: seconds, at } = event;
      setText(gap, seconds === undefined ? "" : `+${seconds.toFixed(3)} s`);
      gap.title = at === undefined ? "" : `${at.toFixed(3)} s after the request`;
      gap.classList.toggle("nbs-in-long", seconds !== undefined && seconds >= LONG);
      setText(name, event.event ?? "");
      name.title = event.event ?? "";
      setText(line, withoutName(event));
      // Shown here where there is no room for a column.
      line.dataset.event = event.event ?? "";
      if (fold.open) setText(all, unfolded(row.event));
    },
  };
  // Most are never unfolded.
  fold.addEventListener("toggle", () => setText(all, fold.open ? unfolded(row.event) : ""));
  return row;
}

function gapRow(count: number): HTMLElement {
  const el = h("tr", "nbs-in-skipped");
  const cell = h("td", "", `… ${count.toLocaleString("en")} events are not kept`);
  cell.colSpan = 4;
  el.append(cell);
  return el;
}

function withoutName(event: RawEvent): string {
  const words = [
    event.comment !== undefined && `: ${event.comment}`,
    event.event_id !== undefined && `id: ${event.event_id}`,
    event.retry !== undefined && `retry: ${event.retry}`,
    event.other,
    event.data,
    event.missing && `[${event.missing.toLocaleString("en")} bytes more]`,
    event.open && "[not complete]",
  ];
  return words.filter(Boolean).join("  ").replace(/\s+/g, " ");
}

const oneLine = (event: RawEvent): string => `${event.event ?? ""} ${withoutName(event)}`;

/** The fields of an event, a line each, and JSON over several lines. */
function unfolded(event: RawEvent): string {
  const lines = [
    event.comment !== undefined && `: ${event.comment}`,
    event.event !== undefined && `event: ${event.event}`,
    event.event_id !== undefined && `id: ${event.event_id}`,
    event.retry !== undefined && `retry: ${event.retry}`,
    event.other,
    event.data !== undefined && pretty(event.data),
    event.missing &&
      `[${event.missing.toLocaleString("en")} bytes more; w.inspect().events may have them]`,
    event.open && "[not complete]",
  ];
  return lines.filter((line) => typeof line === "string").join("\n");
}

function pretty(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return data;
  }
}
