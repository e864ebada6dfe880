/** Elements in JavaScript. Its mode would take them for comparisons and regular expressions. */

import { javascript, typescript } from "@codemirror/legacy-modes/mode/javascript";
import type { StreamParser, StringStream } from "@codemirror/streamparser";

/** Code, an element's tag, or what is between tags. Each is inside the one before it. */
type Level = { kind: "code"; inner: unknown; braces: number } | { kind: "tag" } | { kind: "text" };
type Code = Extract<Level, { kind: "code" }>;

interface State {
  levels: Level[];
}

const OPENING = /^<(?:[a-z][\w.:-]*(?=[\s/>]|$)|(?=>))/i;
const CLOSING = /^<\/[\w.:-]*\s*>?/;

/** Whether `<` compares here. */
function followsOperand({ string, pos }: StringStream): boolean {
  const before = string.slice(0, pos).trimEnd();
  return /[\w$)\]"'`]$/.test(before) && !/\b(?:return|default|yield)$/.test(before);
}

function withElements(mode: StreamParser<unknown>): StreamParser<State> {
  const code = (): Code => ({ kind: "code", inner: mode.startState?.(2), braces: 0 });
  const tokenizerOf = (level: Code) => (level.inner as { tokenize: unknown }).tokenize;
  const base = tokenizerOf(code());

  function inCode(stream: StringStream, { levels }: State, level: Code): string | null {
    if (tokenizerOf(level) === base) {
      const next = stream.peek();
      if (next === "<" && !followsOperand(stream) && stream.match(OPENING)) {
        levels.push({ kind: "tag" });
        return "tag";
      }
      if (next === "{") level.braces++;
      else if (next === "}" && level.braces-- === 0 && levels.length > 1) {
        levels.pop();
        stream.next();
        return null;
      }
    }
    return mode.token(stream, level.inner);
  }

  function inTag(stream: StringStream, { levels }: State): string | null {
    if (stream.eatSpace()) return null;
    if (stream.match("/>")) {
      levels.pop();
      return "tag";
    }
    if (stream.eat(">")) {
      levels[levels.length - 1] = { kind: "text" };
      return "tag";
    }
    if (stream.eat("{")) {
      levels.push(code());
      return null;
    }
    if (stream.match(/^(?:"[^"]*"?|'[^']*'?)/)) return "string";
    if (stream.match(/^[\w:.-]+/)) return "attribute";
    return stream.next() === "=" ? "operator" : null;
  }

  function inText(stream: StringStream, { levels }: State): string | null {
    if (stream.match(CLOSING)) {
      levels.pop();
      return "tag";
    }
    if (stream.match(OPENING)) {
      levels.push({ kind: "tag" });
      return "tag";
    }
    if (stream.next() === "{") levels.push(code());
    else stream.eatWhile(/[^<{]/);
    return null;
  }

  return {
    startState: () => ({ levels: [code()] }),
    token(stream, state) {
      const level = state.levels.at(-1) as Level;
      if (level.kind === "code") return inCode(stream, state, level);
      return level.kind === "tag" ? inTag(stream, state) : inText(stream, state);
    },
  };
}

export const jsx = withElements(javascript);
export const tsx = withElements(typescript);
