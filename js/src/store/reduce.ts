/** What a page knows of one stream, and how a frame changes it. Pure. */

import type {
  DeltaFrame,
  Frame,
  PartInfo,
  PartType,
  SnapshotFrame,
  SnapshotPart,
  Status,
  StatusFrame,
} from "../protocol/messages.js";

/** A piece of a part's text and all that came before it; `end` is the part's length with it. */
interface Piece {
  readonly text: string;
  readonly end: number;
  readonly before: Piece | null;
}

/** A run of text of one type. A list of pieces, so that reading what is new costs only that. */
export interface Part {
  readonly part: string;
  readonly type: PartType;
  readonly last: Piece | null;
  readonly info?: PartInfo | undefined;
}

export interface State extends Omit<SnapshotFrame, "kind" | "parts"> {
  readonly parts: readonly Part[];
}

/**
 * - `applied`: it was the next one, and the state has it now
 * - `duplicate`: the state had it already
 * - `gap`: something before it is missing; the state is as before
 * - `unknown`: of a kind or a stream that is not known here; its place in the order is taken
 */
export type Outcome = "applied" | "duplicate" | "gap" | "unknown";

export interface Step {
  readonly state: State;
  readonly outcome: Outcome;
}

const TERMINAL: ReadonlySet<Status> = new Set(["completed", "incomplete", "failed", "cancelled"]);

/** Whether nothing can follow this status. */
export const isTerminal = (status: Status): boolean => TERMINAL.has(status);

/** A stream of which nothing is known yet. */
export const emptyState = (stream: string): State => ({
  stream,
  seq: 0,
  label: "",
  model: "",
  created: 0,
  status: "queued",
  parts: [],
});

export const lengthOf = (part: Part): number => part.last?.end ?? 0;

/** The pieces' texts after `seen`, which is null for all of them. */
function textAfterPiece(last: Piece | null, seen: Piece | null): string | null {
  const texts: string[] = [];
  let piece = last;
  for (; piece && piece !== seen; piece = piece.before) texts.push(piece.text);
  return piece === seen ? texts.reverse().join("") : null;
}

/** All of the part's text. */
export const textOf = (part: Part): string => textAfterPiece(part.last, null) ?? "";

/** What `part` has beyond an earlier state of it, or null if it does not continue that. */
export function textAfter(part: Part, seen: Part): string | null {
  const after = textAfterPiece(part.last, seen.last);
  if (after !== null) return after;
  // A snapshot has come between: compare the texts themselves.
  const [text, before] = [textOf(part), textOf(seen)];
  return text.startsWith(before) ? text.slice(before.length) : null;
}

/** The number of the answer, of several, that a part is of. Before it may stand that of a round. */
export const choiceOf = ({ part }: Part): number =>
  Number(/^(?:\d+\/)?(\d+)\./.exec(part)?.[1] ?? 0);

/** All parts of one type, one after the other; of several answers, the first one's. */
export const joined = (state: State, type: PartType): string =>
  state.parts
    .filter((part) => part.type === type && !choiceOf(part))
    .map(textOf)
    .join("");

/** Whether the texts have the lengths that the kernel gave at the end. */
export function isComplete(state: State): boolean {
  const { lengths, parts } = state;
  if (!lengths) return true;
  const known = new Set(parts.map((part) => part.part));
  return (
    parts.every((part) => lengthOf(part) === (lengths[part.part] ?? 0)) &&
    Object.entries(lengths).every(([part, length]) => length === 0 || known.has(part))
  );
}

export function reduce(state: State, frame: Frame): Step {
  if (frame.stream !== state.stream) return { state, outcome: "unknown" };
  if (frame.kind === "snapshot") {
    // At the same seq too: a snapshot is what heals a text of the wrong length.
    if (frame.seq < state.seq) return { state, outcome: "duplicate" };
    return { state: fromSnapshot(frame), outcome: "applied" };
  }
  if (frame.seq <= state.seq) return { state, outcome: "duplicate" };
  if (frame.seq > state.seq + 1) return { state, outcome: "gap" };
  switch (frame.kind) {
    case "delta": {
      const parts = append(state.parts, frame.ops);
      if (!parts) return { state, outcome: "gap" };
      return { state: { ...state, seq: frame.seq, parts }, outcome: "applied" };
    }
    case "status":
      return { state: withStatus(state, frame), outcome: "applied" };
    default:
      return { state: { ...state, seq: frame.seq }, outcome: "unknown" };
  }
}

/** `reason`, `error`, `retry` and `offer` belong to the status they came with; the rest stays known. */
function withStatus(state: State, { kind: _, ...frame }: StatusFrame): State {
  const { reason, error, retry, offer, ...lasting } = state;
  return { ...lasting, ...frame };
}

function fromSnapshot({ kind: _, parts, ...rest }: SnapshotFrame): State {
  return { ...rest, parts: parts.map(fromText) };
}

function fromText({ part, type, text, info }: SnapshotPart): Part {
  return { part, type, info, last: text ? { text, end: text.length, before: null } : null };
}

/** The parts after all of `ops`, or null if one does not fit: then none is applied. */
function append(parts: readonly Part[], ops: DeltaFrame["ops"]): readonly Part[] | null {
  const next = [...parts];
  for (const { part = "text", type = "text", offset, text, info } of ops) {
    const index = next.findIndex((known) => known.part === part);
    const known: Part = next[index] ?? { part, type, last: null };
    if (offset !== lengthOf(known) || type !== known.type) return null;
    const last = text ? { text, end: offset + text.length, before: known.last } : known.last;
    const all = info ? { ...known.info, ...info } : known.info;
    next[index < 0 ? next.length : index] = { part, type, last, info: all };
  }
  return next;
}

/** Frames that came too early are kept up to here; the snapshot that is asked for has the rest. */
const HELD = 100;

/** A state, the frames that came too early for it, and whether a snapshot is needed. */
export interface Inbox {
  readonly state: State;
  readonly held: readonly Frame[];
  readonly missing: boolean;
}

export interface Receipt extends Inbox {
  readonly outcome: Outcome;
}

/** Reduces `frame`, or holds it back; then applies what was held for as long as it fits. */
export function receive(inbox: Inbox, frame: Frame): Receipt {
  const { state: first, outcome } = reduce(inbox.state, frame);
  if (outcome === "gap") {
    // One that is next in line but does not fit never will: the snapshot covers it.
    const early = frame.seq > first.seq + 1;
    return {
      state: first,
      held: early && inbox.held.length < HELD ? [...inbox.held, frame] : inbox.held,
      missing: true,
      outcome,
    };
  }
  if (first === inbox.state) return { ...inbox, outcome };
  let state = first;
  let misfit = false;
  const held: Frame[] = [];
  for (const early of [...inbox.held].sort((a, b) => a.seq - b.seq)) {
    const next = reduce(state, early);
    if (next.outcome !== "gap") state = next.state;
    else if (early.seq > state.seq + 1) held.push(early);
    else misfit = true;
  }
  return { state, held, missing: misfit || held.length > 0 || !isComplete(state), outcome };
}
