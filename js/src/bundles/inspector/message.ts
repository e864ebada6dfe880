/** What the kernel tells of the wire, and a check of it. */

import { VERSION } from "../../protocol/messages.js";
import * as c from "../../protocol/validate.js";

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
  readonly v: typeof VERSION;
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
  Array.isArray(value) && value.length === 2 && value.every(c.text);

const isEvent = c.shape(
  { number: c.position },
  {
    at: c.seconds,
    gap: c.seconds,
    event: c.text,
    data: c.text,
    event_id: c.text,
    retry: c.text,
    comment: c.text,
    other: c.text,
    missing: c.count,
    open: (value) => value === true,
  },
);

const isInspection = c.shape({
  v: (value) => value === VERSION,
  kind: (value) => value === "inspection",
  stream: c.name,
  attempt: c.position,
  facts: c.list(isPair),
  headers: c.list(isPair),
  events: c.list(isEvent),
  left_out: c.count,
  note: c.text,
  report: c.text,
});

/** The kernel's answer, or null if it is something else. */
export const parseInspection = (value: unknown): Inspection | null =>
  isInspection(value) ? (value as Inspection) : null;
