/** What blocks and inlines both need: white space, escapes, labels, link destinations and titles. */

import { decodeEntity } from "./entities.js";

/** A backslash before punctuation, or a character reference. */
const ESCAPED = /\\([!-/:-@[-`{-~])|&(?:#x[0-9a-f]{1,6}|#\d{1,7}|[a-z][a-z0-9]{1,31});/gi;
export const ESCAPED_HERE = new RegExp(ESCAPED.source, "iy");
const isSpace = (character: string | undefined) => character === " " || character === "\t";
const isGap = (character: string | undefined) => isSpace(character) || character === "\n";

/** What `pattern` (sticky or global) matches in `text` from `at` on. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Without one of these there is no bare address. */
export const SIGN = /:\/\/|www\.|@/i;

/** As startsWith, which is twenty times slower for long texts. */
export const begins = (text: string, start: string) => text.slice(0, start.length) === start;

/** Without spaces and tabs at its end. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (isSpace(text[end - 1])) end--;
  return text.slice(0, end);
}

/** Without spaces and tabs at either end. */
export const trim = (text: string) => trimEnd(text.slice(skipSpaces(text, 0)));

/** What an escape or a reference, as the pattern above finds it, stands for. */
export const unescapeOne = (whole: string, escaped?: string) => escaped ?? decodeEntity(whole);

/** Backslash escapes and entities resolved. */
export const unescapeText = (text: string) =>
  text.replace(ESCAPED, (whole, escaped) => unescapeOne(whole, escaped) ?? whole);

/** Two labels match if their folded forms are equal; "" is not a label. */
export function foldLabel(label: string): string {
  return label
    .replace(/[ \t\n]+/g, " ")
    .replace(/^ | $/g, "")
    .toLowerCase()
    .toUpperCase();
}

const LABEL = /\[((?:\\.|[^[\]\\]){0,999})\]/sy;

/** A label in brackets at `at`, with its end; null if there is none. */
export function scanLabel(text: string, at: number): { label: string; end: number } | null {
  const label = matchAt(LABEL, text, at)?.[1];
  return label === undefined ? null : { label, end: LABEL.lastIndex };
}

/** A piece of text and where it ends. */
export interface Scanned {
  readonly value: string;
  readonly end: number;
}

const POINTED = /<((?:\\.|[^<>\\\n])*)>/y;
const MAX_PARENTHESES = 32;

export function scanDestination(text: string, at: number): Scanned | null {
  if (text[at] === "<") {
    const value = matchAt(POINTED, text, at)?.[1];
    return value === undefined ? null : { value: unescapeText(value), end: POINTED.lastIndex };
  }
  let depth = 0;
  let end = at;
  for (; end < text.length; end++) {
    const character = text[end] as string;
    if (character <= " " || character === "\x7f") break;
    if (character === "\\" && end + 1 < text.length && !isGap(text[end + 1])) end++;
    else if (character === "(" && ++depth > MAX_PARENTHESES) return null;
    else if (character === ")" && --depth < 0) break;
  }
  if (depth > 0 || end === at) return null;
  return { value: unescapeText(text.slice(at, end)), end };
}

const TITLE = /"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|\(((?:\\.|[^()\\])*)\)/sy;

export function scanTitle(text: string, at: number): Scanned | null {
  const match = matchAt(TITLE, text, at);
  if (!match) return null;
  return { value: unescapeText(match[1] ?? match[2] ?? match[3] ?? ""), end: TITLE.lastIndex };
}

/** The end of spaces, tabs and line endings at `at`. */
export function skipGap(text: string, at: number): number {
  let end = at;
  while (isGap(text[end])) end++;
  return end;
}

/** The end of spaces and tabs at `at`. */
export function skipSpaces(text: string, at: number): number {
  let end = at;
  while (isSpace(text[end])) end++;
  return end;
}
