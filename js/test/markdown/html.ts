/** What is shown, as the HTML that the specifications' examples have; random numbers with a seed. */

import { Settled } from "../../src/markdown/dom/chunks.js";
import { createEmbeds, type EmbedOptions } from "../../src/markdown/embeds/create.js";
import * as core from "../../src/markdown/renderer.js";
import { encodeUrl } from "../../src/markdown/url.js";

/** CommonMark alone, every address allowed. */
export const COMMONMARK: core.MarkdownOptions & EmbedOptions = {
  definitions: false,
  tables: false,
  strikethrough: 0,
  tasks: false,
  autolinks: false,
  footnotes: false,
  math: false,
  html: false,
  url: encodeUrl,
};

/** With GitHub's rules where ours differ: one tilde strikes out. */
export const GFM: core.MarkdownOptions = { url: encodeUrl, strikethrough: 1, definitions: false };

/** A renderer with embeds, as the widget has them; `embeds: undefined` for one without. */
export const createRenderer = (
  el: HTMLElement,
  { parts, autolinks, ...options }: core.MarkdownOptions & EmbedOptions = {},
): core.MarkdownRenderer =>
  core.createRenderer(el, { embeds: createEmbeds({ parts, autolinks }), ...options });

/** Embeds for a leaf alone. */
export const embedder = createEmbeds()({ url: encodeUrl, settled: new Settled(), again() {} });

export function render(
  pieces: Iterable<string>,
  options: core.MarkdownOptions & EmbedOptions = {},
): HTMLElement {
  const el = document.createElement("div");
  const renderer = createRenderer(el, options);
  for (const piece of pieces) renderer.append(piece);
  renderer.finish();
  return el;
}

export const toHtml = (pieces: Iterable<string>, options: core.MarkdownOptions & EmbedOptions) =>
  [...render(pieces, options).childNodes].map(serialise).join("");

const escapeHtml = (text: string) =>
  text.replace(/[&<>"]/g, (c) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot" }[c]};`);

/** The title that was written, without the target below it. */
function titleOf(el: Element, target: string): string {
  const title = el.getAttribute("title") ?? "";
  const written = title.split("\n").slice(0, -1).join("\n");
  const shown = title.split("\n").at(-1) ?? "";
  if (encodeUrl(shown) !== target) throw new Error(`${shown} is not ${target}`);
  return written ? ` title="${escapeHtml(written)}"` : "";
}

function image(el: HTMLElement): string {
  // Without embeds nothing but the title says where the image is.
  const src = el.dataset.src ?? encodeUrl(el.title.split("\n").at(-1) ?? "");
  const alt = escapeHtml(el.dataset.alt ?? "");
  return `<img src="${escapeHtml(src)}" alt="${alt}"${titleOf(el, src)} />`;
}

function serialise(node: Node): string {
  if (node instanceof Text) return escapeHtml(node.data);
  const el = node as HTMLElement;
  const name = el.localName;
  const inner = [...el.childNodes].map(serialise).join("");
  // Pages, segments of tables, and what a code block has beside its code.
  if (name === "div") return el.className === "nbs-code-head" ? "" : inner;
  const wrap = (attributes = "") => `<${name}${attributes}>${inner}</${name}>`;
  switch (name) {
    case "span":
      if (el.classList.contains("nbs-math"))
        return wrap(` class="${el.className}" data-tex="${escapeHtml(el.dataset.tex ?? "")}"`);
      return el.className === "nbs-image" ? image(el) : inner;
    case "button":
      return image(el);
    case "sup":
      if (el.dataset.label) return wrap(` data-label="${escapeHtml(el.dataset.label)}"`);
      return wrap();
    case "a": {
      if (el.parentElement?.className === "nbs-footnote") return inner;
      const href = el.getAttribute("href") ?? "";
      return wrap(` href="${escapeHtml(href)}"${titleOf(el, href)}`);
    }
    case "p":
      return el.closest("li") === el.parentElement && el.closest("[data-tight]") === listOf(el)
        ? inner
        : wrap();
    case "code":
      return wrap(el.className ? ` class="${escapeHtml(el.className)}"` : "");
    case "ol":
      return wrap(el.hasAttribute("start") ? ` start="${el.getAttribute("start")}"` : "");
    case "th":
    case "td":
      return wrap(el.style.textAlign ? ` align="${el.style.textAlign}"` : "");
    case "input":
      return `<input${el.hasAttribute("checked") ? ' checked=""' : ""} disabled="" type="checkbox">`;
    case "hr":
    case "br":
      return `<${name} />`;
    default:
      return wrap();
  }
}

const listOf = (el: Element) => el.parentElement?.parentElement ?? null;

const BLOCK = "p|h\\d|ul|ol|li|blockquote|hr|pre|table|thead|tbody|tr|th|td|br";

/** Without the line endings between the blocks. */
export const normalise = (html: string) =>
  html.replace(new RegExp(`\\n?(</?(?:${BLOCK})(?: [^>]*)?>)\\n?`, "g"), "$1").trim();

/** Numbers from 0 to 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `text` in pieces of 0 to 11 characters. */
export function split(text: string, next: () => number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + Math.floor(next() * 12);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

/** One UTF-16 code unit at a time. */
export const units = (text: string) => text.split("");
