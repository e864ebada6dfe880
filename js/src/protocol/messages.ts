/**
 * What the kernel sends to the page, version 1, as types and as a check of what arrives.
 *
 * Lengths and offsets are UTF-16 code units, times are seconds. An optional field that has no
 * value is absent, never null. Fields that are not known here are ignored.
 */

import {
  type Check,
  count,
  type Fields,
  isObject,
  list,
  name,
  oneOf,
  position,
  seconds,
  shape,
  table,
  text,
} from "./validate.js";

export const VERSION = 1;

export const STATUSES = [
  "queued",
  "in_progress",
  "retrying",
  "stalled",
  "cancelling",
  "completed",
  "incomplete",
  "failed",
  "cancelled",
] as const;
export type Status = (typeof STATUSES)[number];

/** Of a tool the text is its arguments, of audio the transcript; an image has none. */
export const PART_TYPES = ["text", "reasoning", "refusal", "tool", "audio", "image"] as const;
export type PartType = (typeof PART_TYPES)[number];

/** Something that an answer cites. */
export interface CitedSource {
  readonly url?: string;
  readonly title?: string;
  readonly quote?: string;
}

/** What is known of a part beside its text. */
export interface PartInfo {
  /** What kind of tool: function, custom, web_search_call, ... */
  readonly kind?: string;
  readonly name?: string;
  /** An MCP server's. */
  readonly server?: string;
  readonly status?: string;
  /** What a tool gave. */
  readonly result?: string;
  readonly error?: string;
  readonly seconds?: number;
  readonly sources?: readonly CitedSource[];
  readonly size?: string;
  /** How many frames of an image have come; each replaces the one before. */
  readonly frame?: number;
}

export interface StreamError {
  readonly type: string;
  readonly message: string;
  readonly hint?: string;
  readonly status_code?: number;
  readonly code?: string;
}
export interface Retry {
  readonly attempt: number;
  readonly max_attempts: number;
  readonly delay: number;
  readonly reason: string;
}
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly reasoning_tokens?: number;
  readonly cached_tokens?: number;
}
export interface Timing {
  readonly elapsed: number;
  readonly first_token?: number;
  readonly since_last?: number;
  readonly tokens_per_second?: number;
}

interface Numbered {
  readonly stream: string;
  readonly seq: number;
}
interface Heading {
  readonly label: string;
  readonly model: string;
  readonly created: number;
  readonly note?: string;
}
interface Condition {
  readonly status: Status;
  readonly reason?: string;
  readonly error?: StreamError;
  readonly retry?: Retry;
  readonly finish_reason?: string;
  readonly usage?: Usage;
  readonly timing?: Timing;
  readonly request_id?: string;
  /** What the kernel would do now if it were asked to continue. */
  readonly offer?: "continue" | "again";
}
/** `part` and its `type` are "text" where they are absent; fields of `info` replace known ones. */
export interface Op {
  readonly part?: string;
  readonly type?: PartType;
  readonly offset: number;
  readonly text: string;
  readonly info?: PartInfo;
}
export interface SnapshotPart {
  readonly part: string;
  readonly type: PartType;
  readonly text: string;
  readonly info?: PartInfo;
}

export interface DeltaFrame extends Numbered {
  readonly kind: "delta";
  readonly ops: readonly Op[];
}
export interface StatusFrame extends Numbered, Condition {
  readonly kind: "status";
  readonly lengths?: Readonly<Record<string, number>>;
  readonly model?: string;
}
export interface SnapshotFrame extends Numbered, Heading, Condition {
  readonly kind: "snapshot";
  readonly parts: readonly SnapshotPart[];
  readonly lengths?: Readonly<Record<string, number>>;
}
/** A kind that a later kernel may send. It keeps its place in the order and changes nothing. */
export interface UnknownFrame extends Numbered {
  readonly kind: "unknown";
}
export type Frame = DeltaFrame | StatusFrame | SnapshotFrame | UnknownFrame;

export interface Message {
  readonly v: typeof VERSION;
  readonly frames: readonly Frame[];
}

export const ASSETS = ["highlight", "math", "math-font", "copier", "inspector"] as const;
export type AssetName = (typeof ASSETS)[number];

/** Brings an asset: its bytes are the message's one buffer. With an `error` there is none. */
export interface AssetMessage {
  readonly v: typeof VERSION;
  readonly kind: "asset";
  readonly name: AssetName;
  readonly error?: string;
}

const numbered: Fields = { stream: name, seq: position };
const heading: Fields = { label: text, model: text, created: seconds };
const condition: Fields = {
  reason: text,
  error: shape({ type: text, message: text }, { hint: text, status_code: count, code: text }),
  retry: shape({ attempt: count, max_attempts: count, delay: seconds, reason: text }),
  finish_reason: text,
  usage: shape(
    { input_tokens: count, output_tokens: count, total_tokens: count },
    { reasoning_tokens: count, cached_tokens: count },
  ),
  timing: shape(
    { elapsed: seconds },
    { first_token: seconds, since_last: seconds, tokens_per_second: seconds },
  ),
  request_id: text,
  offer: oneOf(["continue", "again"]),
};
const part: Fields = { part: name, type: oneOf(PART_TYPES) };
const known: Fields = {
  info: shape(
    {},
    {
      kind: text,
      name: text,
      server: text,
      status: text,
      result: text,
      error: text,
      seconds,
      sources: list(shape({}, { url: text, title: text, quote: text })),
      size: text,
      frame: count,
    },
  ),
};
const status = oneOf(STATUSES);

const CHECKS: Readonly<Record<string, Check>> = {
  delta: shape({ ...numbered, ops: list(shape({ offset: count, text }, { ...part, ...known })) }),
  status: shape({ ...numbered, status }, { ...condition, lengths: table(count), model: text }),
  snapshot: shape(
    { ...numbered, ...heading, status, parts: list(shape({ ...part, text }, known)) },
    { ...condition, note: text, lengths: table(count) },
  ),
};

/** One frame, or null if it is not one. */
export function parseFrame(value: unknown): Frame | null {
  if (!isObject(value) || typeof value.kind !== "string") return null;
  const check = Object.hasOwn(CHECKS, value.kind) ? CHECKS[value.kind] : undefined;
  if (check) return check(value) ? (value as unknown as Frame) : null;
  return shape(numbered)(value)
    ? { kind: "unknown", stream: value.stream as string, seq: value.seq as number }
    : null;
}

/** The frames of a kernel's message, or null if any of it is not of this protocol. */
export function parse(value: unknown): Message | null {
  if (!isObject(value) || value.v !== VERSION) return null;
  // A message of a kind of its own is for others, or of a later kernel: it has no frames.
  if (value.frames === undefined && name(value.kind)) return { v: VERSION, frames: [] };
  if (!Array.isArray(value.frames)) return null;
  const frames = value.frames.map(parseFrame);
  return frames.includes(null) ? null : { v: VERSION, frames: frames as Frame[] };
}

/** `value` as a message of a kind of its own, or null if it is something else. */
const own = <T>(value: unknown, check: Check): T | null =>
  isObject(value) && value.v === VERSION && check(value) ? (value as unknown as T) : null;

const isAsset = shape({ kind: oneOf(["asset"]), name: oneOf(ASSETS) }, { error: text });

/** The answer to a request for an asset, or null if it is something else. */
export const parseAsset = (value: unknown): AssetMessage | null => own(value, isAsset);

/** What the notebook's outputs of a stream are in the end: MIME bundles by display id. */
export interface OutputsMessage {
  readonly v: typeof VERSION;
  readonly kind: "outputs";
  readonly stream: string;
  readonly outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const isOutputs = shape({ kind: oneOf(["outputs"]), stream: name, outputs: table(isObject) });

/** The answer to a request for a stream's outputs, or null if it is something else. */
export const parseOutputs = (value: unknown): OutputsMessage | null => own(value, isOutputs);

/** Brings a frame of the image in `part`: its bytes are the message's one buffer. */
export interface ImageMessage {
  readonly v: typeof VERSION;
  readonly kind: "image";
  readonly stream: string;
  readonly part: string;
  readonly frame: number;
  /** png, webp or jpeg. */
  readonly format: string;
}

const isImage = shape({
  ...{ kind: oneOf(["image"]), stream: name, part: name, frame: count },
  format: oneOf(["png", "webp", "jpeg"]),
});

/** The answer to a request for an image, or null if it is something else. */
export const parseImage = (value: unknown): ImageMessage | null => own(value, isImage);

/** Whether `value` says that a stopped stream's connection is closed, though its loop is busy. */
export const isHungUp = (value: unknown): boolean =>
  isObject(value) && value.v === VERSION && value.kind === "hung_up" && name(value.stream);
