/**
 * Renders Markdown while it arrives: text in, DOM nodes out. CommonMark, raw HTML shown as text, and
 * the extensions of GitHub. Whatever pieces a text comes in, what is shown at its end is the same.
 */

import { BlockParser } from "./blocks.js";
import { BlockDom } from "./dom.js";
import { learnEntities } from "./entities.js";
import { Formulas } from "./formulas.js";
import { References } from "./labels.js";
import { defaultLeafOptions } from "./leaf.js";
import { noParts, type Parts } from "./parts.js";
import { isMarkup } from "./unfinished.js";

export interface MarkdownOptions {
  /** Tables. */
  readonly tables?: boolean;
  /** `~~struck~~`. */
  readonly strikethrough?: boolean;
  /** `- [x] done`. */
  readonly tasks?: boolean;
  /** Addresses without markup are links. */
  readonly autolinks?: boolean;
  /** Formulas between `$`, `$$`, `\(` and `\)`, `\[` and `\]`. */
  readonly math?: boolean;
  /** Footnotes: `[^label]`. */
  readonly footnotes?: boolean;
  /** The tags `br`, `sub`, `sup` and `kbd` are elements; all others are text. */
  readonly html?: boolean;
  /** Renders formulas. */
  readonly parts?: Parts;
  /** How work that is left over is continued; default: in the next frame. */
  readonly schedule?: (run: () => void) => void;
  /** The address to link to, null for none; default: http, https and mailto. */
  readonly url?: (address: string) => string | null;
}

export interface MarkdownRenderer {
  /** Adds `text` at the end. */
  append(text: string): void;
  /** No more will come. */
  finish(): void;
}

/** A renderer that fills `el`. */
export function createRenderer(el: HTMLElement, options: MarkdownOptions = {}): MarkdownRenderer {
  const schedule = options.schedule ?? ((run) => void requestAnimationFrame(run));
  const formulas = new Formulas(options.parts ?? noParts, schedule);
  const settings = { ...defaultLeafOptions, formulas, tables: true, tasks: true, ...options };
  const references = new References(el);
  const parser = new BlockParser({
    tables: settings.tables,
    define: (label, definition) => references.define(label, definition),
  });
  const dom = new BlockDom(el, parser.root, references, settings);
  /** The last line, as far as it has arrived. */
  let rest = "";

  return {
    append(text) {
      // A carriage return at the end may be half a line ending.
      const ending = /\r\n|\n|\r(?!$)/g;
      ending.lastIndex = Math.max(0, rest.length - 1);
      rest += text;
      learnEntities(text);
      let start = 0;
      for (let end = ending.exec(rest); end; end = ending.exec(rest)) {
        parser.add(rest.slice(start, end.index));
        start = ending.lastIndex;
      }
      rest = rest.slice(start);
      parser.settle();
      const line = rest.replace(/\r$/, "");
      if (line && !isMarkup(line)) parser.guess(line);
      dom.update();
    },
    finish() {
      if (rest) parser.add(rest.replace(/\r$/, ""));
      rest = "";
      parser.finish();
      references.stir();
      dom.update();
    },
  };
}
