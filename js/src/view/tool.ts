/** A tool's call: its name, arguments while they arrive, state and result. */

import {
  createRenderer,
  type MarkdownOptions,
  type MarkdownRenderer,
} from "../markdown/renderer.js";
import type { PartInfo } from "../protocol/messages.js";
import { type Part, textAfter, textOf } from "../store/reduce.js";
import { h, rootOf, setText } from "./dom.js";
import { createPretty } from "./pretty.js";
import { toolName, toolState } from "./words.js";

/** In what the arguments of some kinds are written; those of others are JSON, mostly. */
const LANGUAGES: Readonly<Record<string, string>> = {
  code_interpreter_call: "python",
  shell_call: "bash",
  local_shell_call: "bash",
  apply_patch_call: "diff",
};
/** A fence that hardly any text has a line of. */
const FENCE = "`".repeat(24);

export type Decide = (part: string, approved: boolean) => void;

export class ToolView {
  readonly el = h("details", "nbs-part nbs-tool");
  readonly #name = h("span", "nbs-tool-name");
  readonly #brief = h("span", "nbs-tool-brief");
  readonly #status = h("span", "nbs-tool-status");
  readonly #code = h("div", "nbs-markdown jp-RenderedHTMLCommon");
  readonly #ask = h("div", "nbs-ask", "Run this call?");
  readonly #result = h("pre", "nbs-tool-result");
  #renderer: MarkdownRenderer | null = null;
  #write = (piece: string): string => piece;
  #shown: Part;
  #finished = false;
  #touched = false;

  constructor(
    part: Part,
    private readonly options: MarkdownOptions & { readonly decide: Decide },
  ) {
    const summary = h("summary", "nbs-fold");
    const content = h("div", "nbs-content");
    this.#shown = { ...part, last: null };
    this.#result.tabIndex = 0;
    this.#result.hidden = true;
    summary.append(this.#name, this.#brief, this.#status);
    this.#ask.setAttribute("role", "alert");
    this.#ask.hidden = true;
    this.#ask.append(this.#button("Approve", true), this.#button("Decline", false));
    content.append(this.#code, this.#ask, this.#result);
    this.el.append(summary, content);
    summary.addEventListener("click", () => {
      this.#touched = true;
    });
  }

  #button(words: string, approved: boolean): HTMLButtonElement {
    const button = h("button", "nbs-button", words);
    button.type = "button";
    button.addEventListener("click", () => {
      // Not `disabled`: a message may be lost, and the first that arrives counts.
      for (const one of this.#ask.querySelectorAll("button"))
        one.setAttribute("aria-pressed", String(one === button));
      this.options.decide(this.#shown.part, approved);
    });
    return button;
  }

  open(open: boolean): void {
    if (!this.#touched) this.el.open = open;
  }

  show(part: Part, _: boolean, running: boolean): boolean {
    if (part.part !== this.#shown.part || part.type !== "tool") return false;
    const { info = {} } = part;
    const added = textAfter(part, this.#shown);
    if (added === null || (added && this.#finished)) return false;
    this.#shown = part;
    setText(this.#name, toolName(info));
    setText(this.#status, toolState(info, running));
    const { status = "" } = info;
    this.el.dataset.state = info.error && status !== "declined" ? "failed" : status;
    this.el.classList.toggle("nbs-running", running && /^(in_progress|running)$/.test(status));
    this.#showAsk(running && status === "awaiting_approval");
    // What is looked for is said beside the name.
    if (/search_call$/.test(info.kind ?? ""))
      setText(this.#brief, textOf(part).replace(/\s+/g, " "));
    else this.#showArguments(added, info, running);
    const result = [info.error, info.result].filter(Boolean).join("\n");
    setText(this.#result, result);
    this.#result.hidden = !result;
    return true;
  }

  #showAsk(asks: boolean): void {
    if (this.#ask.hidden !== asks) return;
    // The keyboard's focus stays in the view.
    if (!asks && this.#ask.contains(rootOf(this.el).activeElement ?? null))
      this.el.closest<HTMLElement>(".nbs-view")?.focus({ preventScroll: true });
    this.#ask.hidden = !asks;
    // However the reader left the card: what waits for them is seen.
    if (asks) this.el.open = true;
  }

  #showArguments(added: string, { kind = "" }: PartInfo, running: boolean): void {
    if (added && !this.#renderer) {
      const json = !LANGUAGES[kind] && /^\s*[[{]/.test(added);
      if (json) this.#write = createPretty();
      this.#renderer = createRenderer(this.#code, this.options);
      this.#renderer.append(`${FENCE}${LANGUAGES[kind] ?? (json ? "json" : "")}\n`);
    }
    if (added) this.#renderer?.append(this.#write(added));
    if (running || this.#finished) return;
    this.#finished = true;
    this.#renderer?.finish();
  }
}
