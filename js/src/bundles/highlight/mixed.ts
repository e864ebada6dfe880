/** Languages inside others: modes that hand over to other modes. */

import { javascript } from "@codemirror/legacy-modes/mode/javascript";
import { python as plainPython } from "@codemirror/legacy-modes/mode/python";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { html as plainHtml } from "@codemirror/legacy-modes/mode/xml";
import type { StreamParser } from "@codemirror/streamparser";
import { css } from "./simple.js";

export type Mode = StreamParser<unknown>;

const startOf = (mode: Mode): unknown => mode.startState?.(2);

interface PythonState {
  tokenize: unknown;
  scopes: unknown[];
}

const inProgram = (startOf(plainPython) as PythonState).tokenize;

/** Python as in notebooks: lines may be magics (`%time`) or go to the shell (`!pip install`). */
export const python: StreamParser<PythonState> = {
  ...(plainPython as StreamParser<PythonState>),
  token(stream, state) {
    if (stream.sol() && state.tokenize === inProgram && state.scopes.length === 1)
      if (stream.match(/^!.*|^%{1,2}[a-z]\w*/i)) return "meta";
    return plainPython.token(stream, state);
  },
};

/** The part of its mode's state that is read here. */
interface TagState {
  tagName: string | null;
  context: { tagName: string } | null;
}

interface HtmlState {
  outer: TagState;
  /** The element whose text is another language's, and where its reader stands. */
  element: "script" | "style" | null;
  inner: unknown;
}

const INSIDE = { script: javascript, style: css };

/** HTML with scripts and style sheets. */
export const html: StreamParser<HtmlState> = {
  startState: (unit) => ({
    outer: plainHtml.startState?.(unit) as TagState,
    element: null,
    inner: null,
  }),
  token(stream, state) {
    const { outer, element } = state;
    if (element) {
      const end = stream.string.slice(stream.pos).search(new RegExp(`</${element}`, "i"));
      if (end !== 0) {
        const limit = stream.pos + end;
        const style = INSIDE[element].token(stream, state.inner);
        if (end > 0 && stream.pos > limit) stream.pos = limit;
        return style;
      }
      state.element = null;
    }
    const inTag = outer.tagName;
    const style = plainHtml.token(stream, outer);
    const opened = outer.context?.tagName.toLowerCase();
    if (inTag && !outer.tagName && (opened === "script" || opened === "style")) {
      state.element = opened;
      state.inner = startOf(INSIDE[opened]);
    }
    return style;
  },
  blankLine({ element, inner }, unit) {
    if (element) INSIDE[element].blankLine?.(inner, unit);
  },
};

interface SessionState {
  /** Whether there are prompts; null before the first line. */
  prompts: boolean | null;
  inner: unknown;
}

/** What was typed and what was answered: lines with a prompt are code, the others are not. */
function session(mode: Mode, prompt: RegExp): StreamParser<SessionState> {
  return {
    startState: () => ({ prompts: null, inner: startOf(mode) }),
    token(stream, state) {
      if (stream.sol()) {
        const found = stream.match(prompt);
        state.prompts ??= Boolean(found);
        if (found) return "meta";
        if (state.prompts) {
          stream.skipToEnd();
          return null;
        }
      }
      return mode.token(stream, state.inner);
    },
  };
}

export const shellSession = session(shell, /^(?:[\w.-]+@\S+|\([\w.-]+\))?[^\s\w#$%>]*\s?[$%#>]\s/);
export const pythonSession = session(python, /^(?:>>>|\.\.\.)(?:\s|$)|^In \[\d+\]: /);
