/** What is compared. Each shows a text that arrives in pieces, in an element of its own. */

import DOMPurify from "dompurify";
import { marked } from "marked";
import { default_renderer, parser, parser_end, parser_write } from "streaming-markdown";
import { type Highlighter, noParts, type Parts } from "../../js/src/markdown/addons.js";
import { createEmbeds } from "../../js/src/markdown/embeds/create.js";
import { createRenderer } from "../../js/src/markdown/renderer.js";

export interface Target {
  append(text: string): void;
  finish(): void;
}

/** How a contender puts work off to a later frame. */
export type Schedule = (run: () => void) => void;

export type Contender = (el: HTMLElement, schedule: Schedule) => Target;

let parts: Parts = noParts;

/** From now on nbstream highlights; the module is loaded before anything is measured. */
export async function loadHighlighter(url: string): Promise<void> {
  const module: { highlighter?: Highlighter; default?: Highlighter } = await import(url);
  const highlighter = module.highlighter ?? module.default;
  if (!highlighter) throw new Error(`${url} has no highlighter`);
  parts = {
    get: (name, ready) => (name === "highlight" ? highlighter : noParts.get(name, ready)),
  } as Parts;
}

const LINES_A_PAGE = 40;

/**
 * The floor: what appending plain text costs at least. One block per line, so that layout of an
 * append is layout of one line; pages of lines, of which the browser leaves out those out of view.
 */
function pagedText(el: HTMLElement): Target {
  let page: HTMLElement | null = null;
  let line: Text | null = null;

  function open(): Text {
    if (!page || page.childElementCount === LINES_A_PAGE) {
      if (page) page.style.contentVisibility = "auto";
      page = el.appendChild(document.createElement("div"));
      // From the start: a height is remembered only while the page is shown.
      page.style.containIntrinsicSize = "auto none auto 900px";
    }
    const block = page.appendChild(document.createElement("div"));
    block.style.whiteSpace = "pre-wrap";
    return block.appendChild(document.createTextNode(""));
  }

  return {
    append(text) {
      for (const [index, part] of text.split("\n").entries()) {
        if (index) line = null;
        if (!part) continue;
        line ??= open();
        line.appendData(part);
      }
    },
    finish() {},
  };
}

function nbstream(el: HTMLElement, schedule: Schedule): Target {
  const options = { tables: true, embeds: createEmbeds({ parts }), schedule };
  return createRenderer(el, options);
}

function streamingMarkdown(el: HTMLElement): Target {
  const state = parser(default_renderer(el));
  return {
    append: (text) => parser_write(state, text),
    finish: () => parser_end(state),
  };
}

/** The usual way: all of the text so far, parsed and sanitised again. */
function reparse(el: HTMLElement): Target {
  let all = "";
  return {
    append(text) {
      all += text;
      el.innerHTML = DOMPurify.sanitize(marked.parse(all, { async: false }));
    },
    finish() {},
  };
}

export const FLOOR = "floor";
/** Too slow for long texts: only some of its frames are measured. */
export const SAMPLED = "marked+DOMPurify";

export const CONTENDERS: Readonly<Record<string, Contender>> = {
  [FLOOR]: pagedText,
  nbstream,
  "streaming-markdown": streamingMarkdown,
  [SAMPLED]: reparse,
};
