/** What the kernel tells of the wire, and a check of it. */

import * as p from "../protocol.js";

/** One raw event. A field that did not come is absent; times are seconds. */
export interface RawEvent {
  readonly number: number;
  /** Since the request. */
  readonly at?: number;
  /** Since the event before. */
  readonly gap?: number;
  readonly event?: string;
  readonly data?: string;
  readonly event_id?: string;
  readonly retry?: string;
  readonly comment?: string;
  /** Lines that are no field of an event. */
  readonly other?: string;
  /** Bytes that are not here. */
  readonly missing?: number;
  /** It is not complete. */
  readonly open?: boolean;
}

type Pair = readonly [name: string, words: string];

export interface Inspection {
  readonly v: typeof p.VERSION;
  readonly kind: "inspection";
  readonly stream: string;
  readonly attempt: number;
  readonly facts: readonly Pair[];
  readonly headers: readonly Pair[];
  readonly events: readonly RawEvent[];
  /** Events that the kernel does not keep. */
  readonly left_out: number;
  /** One sentence on what is missing. */
  readonly note: string;
  /** A bug report in Markdown. */
  readonly report: string;
}

const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(p.text);

const isEvent = p.shape(
  { number: p.position },
  {
    at: p.seconds,
    gap: p.seconds,
    event: p.text,
    data: p.text,
    event_id: p.text,
    retry: p.text,
    comment: p.text,
    other: p.text,
    missing: p.count,
    open: (value) => value === true,
  },
);

const isInspection = p.shape({
  v: (value) => value === p.VERSION,
  kind: (value) => value === "inspection",
  stream: p.name,
  attempt: p.position,
  facts: p.list(isPair),
  headers: p.list(isPair),
  events: p.list(isEvent),
  left_out: p.count,
  note: p.text,
  report: p.text,
});

/** The kernel's answer, or null if it is something else. */
export const parseInspection = (value: unknown): Inspection | null =>
  isInspection(value) ? (value as Inspection) : null;
