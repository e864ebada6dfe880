/**
 * The wire between kernel and page, version 1, as types and as a check of what arrives.
 *
 * Lengths and offsets are UTF-16 code units, times are seconds. An optional field that has no
 * value is absent, never null. Fields that are not known here are ignored.
 */

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
  /** What the kernel would do now if it were asked to go on. */
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

export const ASSETS = ["highlight", "math", "math-font", "inspector"] as const;
export type AssetName = (typeof ASSETS)[number];

/** Brings an asset: its bytes are the message's one buffer. With an `error` there is none. */
export interface AssetMessage {
  readonly v: typeof VERSION;
  readonly kind: "asset";
  readonly name: AssetName;
  readonly error?: string;
}

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const text: Check = (value) => typeof value === "string";
export const name: Check = (value) => typeof value === "string" && value !== "";
export const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const position: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;
export const seconds: Check = (value) => Number.isFinite(value) && (value as number) >= 0;
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
export const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const table =
  (item: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(item);
export const shape =
  (required: Fields, optional: Fields = {}): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(required).every(([key, check]) => check(value[key])) &&
    Object.entries(optional).every(([key, check]) => value[key] === undefined || check(value[key]));

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

const isAsset = shape({ kind: oneOf(["asset"]), name: oneOf(ASSETS) }, { error: text });

/** The answer to a request for an asset, or null if it is something else. */
export function parseAsset(value: unknown): AssetMessage | null {
  return isObject(value) && value.v === VERSION && isAsset(value)
    ? (value as unknown as AssetMessage)
    : null;
}

/** What the notebook's outputs of a stream are in the end: MIME bundles by display id. */
export interface OutputsMessage {
  readonly v: typeof VERSION;
  readonly kind: "outputs";
  readonly stream: string;
  readonly outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const isOutputs = shape({ kind: oneOf(["outputs"]), stream: name, outputs: table(isObject) });

/** The answer to a request for a stream's outputs, or null if it is something else. */
export function parseOutputs(value: unknown): OutputsMessage | null {
  return isObject(value) && value.v === VERSION && isOutputs(value)
    ? (value as unknown as OutputsMessage)
    : null;
}

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
export function parseImage(value: unknown): ImageMessage | null {
  return isObject(value) && value.v === VERSION && isImage(value)
    ? (value as unknown as ImageMessage)
    : null;
}

/** Whether `value` says that a stopped stream's connection is closed, though its loop is busy. */
export const isHungUp = (value: unknown): boolean =>
  isObject(value) && value.v === VERSION && value.kind === "hung_up" && name(value.stream);

export type Request =
  | { v: 1; kind: "hello"; have: Record<string, number>; page: string }
  | { v: 1; kind: "resync"; stream: string; have: number }
  | { v: 1; kind: "cancel"; stream: string; reason: string }
  | { v: 1; kind: "continue"; stream: string }
  | { v: 1; kind: "decide"; stream: string; part: string; approved: boolean }
  | { v: 1; kind: "released"; stream: string }
  | { v: 1; kind: "outputs"; stream: string }
  | { v: 1; kind: "asset"; stream: string; name: AssetName }
  | { v: 1; kind: "image"; stream: string; part: string }
  | { v: 1; kind: "inspect"; stream: string; front_end: string };

/** What the page of this name has; the kernel answers with a snapshot if it has something else. */
export const hello = (stream: string, seq: number, page: string): Request => ({
  v: VERSION,
  kind: "hello",
  have: { [stream]: seq },
  page,
});

/** Asks for a snapshot, because something after `have` is missing. */
export const resync = (stream: string, have: number): Request => ({
  v: VERSION,
  kind: "resync",
  stream,
  have,
});

/** Asks the kernel to stop the stream; `reason` is shown to people. */
export const cancel = (stream: string, reason: string): Request => ({
  v: VERSION,
  kind: "cancel",
  stream,
  reason,
});

/** Takes up the kernel's offer: to go on from the text so far, or to try the request again. */
export const goOn = (stream: string): Request => ({ v: VERSION, kind: "continue", stream });

/** Lets the call in `part` run, which waits for approval, or does not. */
export const decide = (stream: string, part: string, approved: boolean): Request => ({
  v: VERSION,
  kind: "decide",
  stream,
  part,
  approved,
});

/** Says that this page shows the stream no longer. */
export const released = (stream: string): Request => ({ v: VERSION, kind: "released", stream });

/** Asks for what the notebook's outputs of the stream are in the end. */
export const outputs = (stream: string): Request => ({ v: VERSION, kind: "outputs", stream });

/** Asks for a heavy part of the front end, by the stream's widget. */
export const asset = (stream: string, name: AssetName): Request => ({
  v: VERSION,
  kind: "asset",
  stream,
  name,
});

/** Asks for the last frame of the image in `part`. */
export const image = (stream: string, part: string): Request => ({
  v: VERSION,
  kind: "image",
  stream,
  part,
});

/** Asks for what came on the wire; `front_end` says what page this is. */
export const inspect = (stream: string, front_end: string): Request => ({
  v: VERSION,
  kind: "inspect",
  stream,
  front_end,
});
