/**
 * Renders Markdown while it arrives: text in, DOM nodes out. CommonMark, raw HTML shown as text, and
 * the extensions of GitHub. Whatever pieces a text comes in, what is shown at its end is the same.
 */

import { References } from "./blocks/labels.js";
import { BlockParser } from "./blocks/parser.js";
import { BlockDom } from "./dom/blocks.js";
import type { Embeds } from "./dom/embed.js";
import { defaultLeafOptions } from "./dom/leaf.js";
import { learnEntities } from "./text/entities.js";
import { isMarkup } from "./text/unfinished.js";

export interface MarkdownOptions {
  /** A link's definition that nothing refers to is text. */
  readonly definitions?: boolean;
  /** Tables. */
  readonly tables?: boolean;
  /** The fewest tildes that strike text out: 2 by default, 0 for none at all. */
  readonly strikethrough?: number;
  /** `- [x] done`. */
  readonly tasks?: boolean;
  /** `text[^note]`, and `[^note]: ...`, which is shown at the end. */
  readonly footnotes?: boolean;
  /** `$..$`, `$$..$$`, `\(..\)` and `\[..\]`. */
  readonly math?: boolean;
  /** `<br>`, `<sub>`, `<sup>`, `<kbd>`, `<details>` and `<summary>`; other HTML is text. */
  readonly html?: boolean;
  /** The address to link to, null for none; default: http, https and mailto. */
  readonly url?: (address: string) => string | null;
  /**
   * Shows code, images and formulas, and finds addresses without markup (`createEmbeds`); without it
   * they are text.
   */
  readonly embeds?: Embeds | undefined;
  /**
   * Calls `run` before the next paint. With it, no call takes much longer than a few milliseconds:
   * what is left of long texts is done in later frames. Without it, everything is done at once.
   */
  readonly schedule?: ((run: () => void) => void) | undefined;
}

export interface MarkdownRenderer {
  /** Adds `text` at the end. */
  append(text: string): void;
  /** No more will come. */
  finish(): void;
}

/** The time that a call may take if there is a `schedule` (ms): half of a frame. */
const BUDGET = 8;
/** Characters that are read before the time is looked at; a line costs as much as `LINE` of them. */
const CHARACTERS = 4096;
const LINE = 128;
/** How much of one line is new in a frame: the layout of a long line takes longer than its parsing. */
const STEP = 16_384;

/** Letters that run from right to left; a reference may stand for one. */
const BIDI = /[&\u0590-\u08ff\ud802\ud803\ud83a\ud83b\ufb1d-\ufdff\ufe70-\ufefc\u202a-\u2069]/;

/** A renderer that fills `el`. */
export function createRenderer(el: HTMLElement, options: MarkdownOptions = {}): MarkdownRenderer {
  const { schedule } = options;
  const settings = {
    ...defaultLeafOptions,
    tables: true,
    definitions: true,
    tasks: true,
    ...options,
  };
  const references = new References();
  const parser = new BlockParser(settings, references);
  const dom = new BlockDom(el, parser.root, references, settings, again);
  /** What has not been read: the last line as far as it has arrived, or more. */
  let rest = "";
  /** Where in `rest` a line may end. */
  let seen = 0;
  /** How much of the line that may continue is shown. */
  let shown = 0;
  /** Since the last update, nothing has changed but the text that it ends with. */
  let grown = false;
  let ended = false;
  let scheduled = false;

  /** Reads some lines; true if there are more. */
  function read(): boolean {
    // A carriage return at the end may be half a line ending.
    const ending = /\r\n|\n|\r(?!$)/g;
    ending.lastIndex = seen;
    let start = 0;
    let lines = 0;
    let end = ending.exec(rest);
    const long = () => schedule && (end?.index ?? rest.length) - start > shown + STEP;
    for (; end && !long() && start + lines++ * LINE < CHARACTERS; end = ending.exec(rest)) {
      parser.add(rest.slice(start, end.index), shown);
      start = ending.lastIndex;
      shown = 0;
    }
    const step = long();
    rest = rest.slice(start);
    seen = end ? 0 : Math.max(0, rest.length - 1);
    if (start) parser.settle();
    if (step) {
      shown += STEP;
      parser.guess(rest.slice(0, shown));
    }
    if (step || end) return true;
    const line = rest.replace(/\r$/, "");
    if (ended) {
      if (rest) parser.add(line, shown);
      rest = "";
      parser.finish();
    } else if (parser.grow(line.slice(shown))) grown = !start;
    else if (!isMarkup(line)) parser.guess(line);
    shown = line.length;
    return false;
  }

  function again(): void {
    if (!schedule) dom.work(() => true);
    else if (!scheduled) {
      scheduled = true;
      schedule(() => {
        scheduled = false;
        work();
      });
    }
  }

  function work(): void {
    const start = performance.now();
    const time = () => !schedule || performance.now() - start < BUDGET;
    let more = true;
    while (more && time()) {
      grown = false;
      more = read();
      dom.update(time, grown);
      if (shown) break;
    }
    if (more || !dom.work(time)) again();
  }

  return {
    append(text) {
      rest += text;
      learnEntities(text);
      if (BIDI.test(text)) el.classList.add("nbs-bidi");
      if (!scheduled) work();
    },
    finish() {
      ended = true;
      if (!scheduled) work();
    },
  };
}
