/**
 * What a notebook keeps of a stream whose kernel is gone: all that the page knows of it. Pure.
 *
 * The kernel makes the Markdown of an answer harmless, and it no longer can. So the text is kept
 * as the model wrote it, and not as Markdown: preformatted, with each character that any parser of
 * Markdown, HTML or TeX could read as more than itself written as a character reference. Nothing
 * in it can run, load or leave its place, it reads well, and copying it gives the Markdown.
 */

import { type Part, type State, textOf } from "../store/reduce.js";
import type { Local } from "../store/store.js";
import { elapsed, reasoningWords, statusWords, toolName } from "../view/words.js";

/** A MIME bundle: text by MIME type. */
export type Remains = Readonly<Record<"text/markdown" | "text/plain", string>>;

/** A frame of an image, as the kernel sent it. */
export interface Picture {
  readonly format: string;
  readonly bytes: DataView;
}

/** What a file of each format begins with: nothing else is kept as an image. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  png: "\x89PNG",
  jpeg: "\xff\xd8\xff",
  webp: "RIFF",
};
/** Arguments of one call: there is a limit to them. */
const SLICE = 8192;

const LINE_ENDS = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;
/** Controls, and halves of characters, which no file can hold. */
const CONTROLS = /[^\P{Cc}\t\n]|\p{Cs}/gu;
/** Punctuation, but for what means nothing in HTML, and in Markdown nothing without the rest. */
const MARKUP = /[#$&*<>@[\\\]^_`{|}~]/g;

/** Bidirectional controls that reorder what stands beside them. */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

const clean = (text: string): string => text.replace(LINE_ENDS, "\n").replace(CONTROLS, "\ufffd");

/** On one line, where others' words stand beside ours: what would reorder these is made visible. */
const cleanLine = (text: string): string =>
  clean(text)
    .replace(/\s+/g, " ")
    .replace(REORDERING, (control) => `\\u${control.charCodeAt(0).toString(16)}`);

const escaped = (text: string): string =>
  text.replace(MARKUP, (character) => `&#${character.charCodeAt(0)};`);

const preformatted = (text: string): string => `<pre>\n${escaped(text)}\n</pre>`;

/** Words beside preformatted text: MathJax finds no formula whose characters are in several elements. */
const apart = (text: string): string => escaped(text).replace(/&#\d+;/g, "<span>$&</span>");

const folded = (title: string, text: string): string =>
  `<details><summary>${apart(title)}</summary>\n\n${preformatted(text)}\n\n</details>`;

function titleOf({ type, info }: Part): string {
  if (type === "tool") return toolName(info ?? {});
  return type === "reasoning" ? reasoningWords([info?.seconds], false) : "";
}

/** What was handed to a tool, or written, and what the tool gave back. */
const allOf = (part: Part): string =>
  [textOf(part), part.info?.error, part.info?.result].filter(Boolean).join("\n\n");

/** What a part cites, by its title and its address. */
function sourcesOf({ info }: Part): string {
  const lines = (info?.sources ?? []).map(({ title, url }, index) =>
    [`${index + 1}.`, title, url].filter(Boolean).join(" "),
  );
  return lines.join("\n");
}

const tokenWords = (count: number): string =>
  `${count.toLocaleString("en-US")} token${count === 1 ? "" : "s"}`;

/** An image as Markdown that needs no other file. */
function pictureOf(picture: Picture | undefined): string {
  const { buffer, byteOffset, byteLength } = picture?.bytes ?? new DataView(new ArrayBuffer(0));
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += SLICE)
    text += String.fromCharCode(...bytes.subarray(i, i + SLICE));
  const begins = BEGINNINGS[picture?.format ?? ""];
  if (!begins || !text.startsWith(begins)) return "*an image that did not arrive*";
  return `![Image made by the model](data:image/${picture?.format};base64,${btoa(text)})`;
}

/** The stream's text, its `pictures` by part, and how it ended, as the notebook keeps it. */
export function remainsOf(
  state: State,
  local: Local,
  now: number,
  pictures: ReadonlyMap<string, Picture> = new Map(),
): Remains {
  const { model, label, note, usage, error } = state;
  const line = [
    [model || label, note].filter(Boolean).join(", "),
    usage && tokenWords(usage.output_tokens),
    elapsed(state, local, now),
    statusWords(state, local, now),
  ]
    .filter(Boolean)
    .join(" · ");
  const [blocks, plain]: [string[], string[]] = [[], []];
  for (const part of state.parts) {
    const text = clean(textOf(part));
    const title = cleanLine(titleOf(part));
    if (part.type === "image") blocks.push(pictureOf(pictures.get(part.part)));
    if (!text && part.type !== "tool") continue;
    blocks.push(title ? folded(title, clean(allOf(part))) : preformatted(text));
    if (part.type === "tool") plain.push(`[${title}] ${text}`.trim());
    else if (!title) plain.push(text);
    const sources = clean(sourcesOf(part));
    if (sources) blocks.push(folded("Sources", sources));
  }
  if (error) {
    const words = clean([error.type, error.message].filter(Boolean).join(": "));
    blocks.push(preformatted(words));
    plain.push(words);
  }
  const end = cleanLine(line);
  blocks.push(`<sub>${apart(end)}</sub>`);
  plain.push(`[${end}]`);
  return { "text/markdown": blocks.join("\n\n"), "text/plain": plain.join("\n\n") };
}
