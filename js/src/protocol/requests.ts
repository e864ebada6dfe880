/** What a page asks the kernel for. */

import { type AssetName, VERSION } from "./messages.js";

export type Request =
  | { v: 1; kind: "hello"; have: Record<string, number>; page: string; client?: string | undefined }
  | { v: 1; kind: "resync"; stream: string; have: number }
  | { v: 1; kind: "cancel"; stream: string; reason: string }
  | { v: 1; kind: "continue"; stream: string }
  | { v: 1; kind: "decide"; stream: string; part: string; approved: boolean }
  | { v: 1; kind: "released"; stream: string }
  | { v: 1; kind: "outputs"; stream: string }
  | { v: 1; kind: "asset"; stream: string; name: AssetName }
  | { v: 1; kind: "image"; stream: string; part: string }
  | { v: 1; kind: "inspect"; stream: string; front_end: string };

/**
 * What the page of this name has of each stream; the kernel answers with a snapshot of those of
 * which it has something else. `client` runs the page's cells, where the host names it.
 */
export const hello = (have: Record<string, number>, page: string, client?: string): Request => ({
  v: VERSION,
  kind: "hello",
  have,
  page,
  client,
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

/** Accepts the kernel's offer: to continue from the text so far, or to try the request again. */
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
