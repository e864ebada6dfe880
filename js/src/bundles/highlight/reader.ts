/** Reads code with one of CodeMirror's stream modes, line by line. */

import { type StreamParser, StringStream } from "@codemirror/streamparser";
import type { CodeReader, Token } from "../../markdown/addons.js";
import { styleOf } from "./styles.js";

/** What a line has behind this many characters has no style: modes search the rest at each token. */
export const MAX_LINE = 1_000;
/** A copy of more than this costs more than colours are worth. Deep nesting makes large states. */
const MAX_STATE = 5_000;
/** How often a mode may change only its state. */
const PATIENCE = 10;
/** How often a mode may look at a line, for each character of it. The busiest need 20. */
const LOOKS = 200;
/** What `.` in a regular expression does not match; in no line of any editor. */
const LINE_ENDS = /[\r\u2028\u2029]/g;
const TAB_SIZE = 4;
const INDENT = 2;

type Mode<State> = StreamParser<State>;

export class StreamReader<State> implements CodeReader {
  constructor(
    private readonly mode: Mode<State>,
    private state = startOf(mode),
  ) {}

  line(text: string): readonly Token[] {
    const tokens = new Tokens(text);
    try {
      this.read(text.slice(0, MAX_LINE).replace(LINE_ENDS, " "), tokens);
    } catch {
      // A mode that failed on this text: its state may be of no use.
      this.state = startOf(this.mode);
    }
    tokens.add(text.length, "");
    return tokens.list;
  }

  copy(): CodeReader {
    const state = cloneState(this.state);
    return state ? new StreamReader(this.mode, state.copy) : plain;
  }

  private read(text: string, tokens: Tokens): void {
    const { mode, state } = this;
    // Modes have variables outside of their state, which another reader may have left somehow.
    mode.token(new FiniteStream("1"), startOf(mode));
    if (!text) mode.blankLine?.(state, INDENT);
    const stream = new FiniteStream(text);
    for (let idle = 0; !stream.eol() && idle < PATIENCE; ) {
      stream.start = stream.pos;
      const style = mode.token(stream, state);
      if (stream.pos > stream.start) {
        tokens.add(Math.min(stream.pos, text.length), style ? styleOf(style) : "");
        idle = 0;
      } else {
        stream.pos = stream.start;
        idle++;
      }
    }
  }
}

const plain: CodeReader = {
  line: (text) => (text ? [{ end: text.length, style: "" }] : []),
  copy: () => plain,
};

/** A line that ends a mode's endless loop. */
class FiniteStream extends StringStream {
  private looks: number;

  constructor(text: string) {
    super(text, TAB_SIZE, INDENT);
    this.looks = LOOKS * (10 + text.length);
  }

  private look(): void {
    if (this.looks-- < 0) throw new Error("endless loop");
  }

  override eol(): boolean {
    this.look();
    return super.eol();
  }

  override peek(): string | undefined {
    this.look();
    return super.peek();
  }

  override next(): string | undefined {
    this.look();
    return super.next() as string | undefined;
  }

  override eat(match: Parameters<StringStream["eat"]>[0]): string | undefined {
    this.look();
    return super.eat(match) as string | undefined;
  }

  override match(...how: Parameters<StringStream["match"]>): boolean | RegExpMatchArray | null {
    this.look();
    return super.match(...how);
  }
}

/** The tokens of a line: neighbours differ in style, and no character is cut in two. */
class Tokens {
  readonly list: { end: number; style: string }[] = [];

  constructor(private readonly text: string) {}

  add(end: number, style: string): void {
    const last = this.list.at(-1);
    // Halves of a surrogate pair in two elements would be two replacement characters.
    if ((this.text.codePointAt(end - 1) ?? 0) > 0xffff) end++;
    if (end <= (last?.end ?? 0)) return;
    if (last?.style === style) last.end = end;
    else this.list.push({ end, style });
  }
}

function startOf<State>(mode: Mode<State>): State {
  return mode.startState?.(INDENT) ?? ({} as State);
}

/**
 * A copy that shares nothing that changes; null if `state` is too large. The modes' own copies go
 * one level deep, which their editor can live with: it never reads on from both sides. What a mode
 * keeps in closures stays shared: the depth of brackets in an expression inside a string that goes
 * over several lines, in Swift. That costs some colours.
 */
export function cloneState<State>(state: State): { copy: State } | null {
  const copies = new Map<object, object>();
  const take = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || value instanceof RegExp) return value;
    let copy = copies.get(value);
    if (!copy) {
      copy = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value));
      copies.set(value, copy as object);
    }
    return copy;
  };
  const copy = take(state) as State;
  let size = 0;
  // Goes on to what is added meanwhile.
  for (const [from, to] of copies) {
    const entries = Object.entries(from);
    size += 1 + entries.length;
    if (size > MAX_STATE) return null;
    for (const [key, value] of entries) (to as Record<string, unknown>)[key] = take(value);
  }
  return { copy };
}
