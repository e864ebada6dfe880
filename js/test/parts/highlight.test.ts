/** What all languages have in common: nothing lost, the same whichever way it is read, no way to hang. */

import type { StringStream } from "@codemirror/streamparser";
import { describe, expect, test } from "vitest";
import { highlighter } from "../../src/bundles/highlight/highlight.js";
import { languages, modeOf } from "../../src/bundles/highlight/languages.js";
import { cloneState, MAX_LINE, StreamReader } from "../../src/bundles/highlight/reader.js";
import type { CodeReader, Token } from "../../src/markdown/addons.js";
import { seeded } from "./random.js";
import { samples } from "./samples.js";

const css = import.meta.glob<string>("../../src/markdown/code.css", {
  query: "?raw",
  import: "default",
  eager: true,
});
const NAMES = Object.keys(samples);
/** Its mode keeps a number where no copy reaches it. */
const IN_CLOSURES = "swift";

function open(language: string): CodeReader {
  const reader = highlighter.open(language);
  if (!reader) throw new Error(`${language} is unknown`);
  return reader;
}

/** Checks that `tokens` cover `text`: in order, merged, up to its end. */
function check(text: string, tokens: readonly Token[]): void {
  let at = 0;
  let before: string | null = null;
  for (const { end, style } of tokens) {
    if (end <= at || style === before) throw new Error(`${JSON.stringify(tokens)} of ${text}`);
    at = end;
    before = style;
  }
  expect(at).toBe(text.length);
}

/** What is in `text`: "text‹style›" for each piece with a style. */
function colours(language: string, text: string): string[] {
  const reader = open(language);
  return text.split("\n").map((line) => {
    let at = 0;
    const pieces = reader.line(line).map(({ end, style }) => {
      const piece = line.slice(at, end);
      at = end;
      return style ? `${piece}‹${style}›` : piece;
    });
    return pieces.join("");
  });
}

/** Lines made of pieces of the samples, and of what no language expects. */
function garbage(language: string, random: (below: number) => number): string[] {
  const own = samples[language]?.match(/\w+|[^\w\s]+|\s+/g) ?? [];
  const odd = [..."\"'`\\/<>(){}[]#$%@*;:=-+!?|&~^.,_ \t\u00a0é😀\ud83d\u2028", "/*", '"""', "<<"];
  const piece = () => (random(3) ? own[random(own.length)] : odd[random(odd.length)]) ?? "";
  return Array.from({ length: 30 }, () =>
    Array.from({ length: random(12) }, piece)
      .join("")
      .replaceAll("\n", " "),
  );
}

/** Reads `lines` with a copy before each, which reads `other` lines meanwhile. */
function withCopies(
  language: string,
  lines: readonly string[],
  other: readonly string[],
): Token[][] {
  let reader = open(language);
  return lines.map((line, index) => {
    const copy = reader.copy();
    for (const each of other.slice(index % 5, (index % 5) + 3)) check(each, copy.line(each));
    if (index % 7 === 3) reader = reader.copy();
    return [...reader.line(line)];
  });
}

const plainly = (language: string, lines: readonly string[]) => {
  const reader = open(language);
  return lines.map((line) => [...reader.line(line)]);
};

test("every language has a sample, and is known whatever its case", () => {
  const sampled = new Set(NAMES.map(modeOf));
  for (const name of languages) {
    expect(sampled, name).toContain(modeOf(name));
    expect(highlighter.open(name.toUpperCase()), name).not.toBeNull();
  }
  for (const name of ["", "text", "klingon", "constructor", "__proto__"])
    expect(highlighter.open(name)).toBeNull();
});

describe.each(NAMES)("%s", (name) => {
  const lines = samples[name]?.split("\n") ?? [];

  test("a sample is covered, and mostly has colours", () => {
    const tokens = plainly(name, lines);
    for (const [index, line] of lines.entries()) check(line, tokens[index] ?? []);
    const styled = tokens.filter((line) => line.some(({ style }) => style));
    expect(styled.length).toBeGreaterThan(lines.filter(Boolean).length / 3);
  });

  test("every style has a colour", () => {
    const rules = Object.values(css)[0] ?? "";
    for (const { style } of plainly(name, lines).flat())
      if (style) expect(rules).toContain(`.nbs-tok-${style}`);
  });

  test("copies read the same and take no part in what is read", () => {
    const random = seeded(name.length);
    expect(withCopies(name, lines, garbage(name, random))).toEqual(plainly(name, lines));
  });

  test("garbage is covered, and read the same with copies", () => {
    const random = seeded(1 + name.length);
    for (let round = 0; round < 20; round++) {
      const text = garbage(name, random);
      const tokens = plainly(name, text);
      for (const [index, line] of text.entries()) check(line, tokens[index] ?? []);
      const copied = withCopies(name, text, garbage(name, random));
      if (name !== IN_CLOSURES) expect(copied).toEqual(tokens);
    }
  });

  test("a line as long as a book", () => {
    const reader = open(name);
    const text = `${lines.join(" ")} `.repeat(2_000).slice(0, 400_000);
    const tokens = reader.line(text);
    check(text, tokens);
    expect(tokens.length).toBeLessThan(MAX_LINE + 2);
    expect(tokens.at(-1)).toEqual({ end: text.length, style: "" });
  });
});

describe("state goes from line to line", () => {
  test.each([
    ["python", '"""a\nb"""', ['"""a‹string›', 'b"""‹string›']],
    ["javascript", "/* a\nb */ c", ["/* a‹comment›", "b */‹comment› c"]],
    ["rust", "/* a\nfn */", ["/* a‹comment›", "fn */‹comment›"]],
    ["html", "<!-- a\n-->\n<b>", ["<!-- a‹comment›", "-->‹comment›", "<b‹tag›>"]],
    ["sql", "'a\nselect' --x", ["'a‹string›", "select'‹string› --x‹comment›"]],
    [
      "bash",
      "cat <<X\nif\nX\nif",
      ["cat‹builtin› <<X‹string2›", "if‹string2›", "X‹string2›", "if‹keyword›"],
    ],
    [
      "yaml",
      "a: |\n  b: c\nd: 1",
      ["a‹atom›: |‹meta›", "  b: c‹string›", "d‹atom›: ‹meta›1‹number›"],
    ],
    ["css", "/* a\nb */ c {}", ["/* a‹comment›", "b */‹comment› c‹tag› {}"]],
  ])("%s", (language, text, expected) => {
    expect(colours(language, text)).toEqual(expected);
  });
});

describe("languages inside others", () => {
  test.each([
    [
      "python",
      "%%time\n!ls -l\nx = 1 %y",
      ["%%time‹meta›", "!ls -l‹meta›", "x =‹operator› 1‹number› %‹operator›y"],
    ],
    [
      "python",
      's = """\n%time\n"""',
      ['s =‹operator› """‹string›', "%time‹string›", '"""‹string›'],
    ],
    [
      "html",
      "<script>let a = '<b>';</script><i>",
      ["<script‹tag›>let‹keyword› a‹name› =‹operator› '<b>'‹string›;</script‹tag›><i‹tag›>"],
    ],
    [
      "html",
      "<style>\np { color: red }\n</style>",
      ["<style‹tag›>", "p‹tag› { color‹property›: red‹atom› }", "</style‹tag›>"],
    ],
    [
      "jsx",
      "return <a b={1 < 2}>it's {c}</a>;",
      [
        "return‹keyword› <a‹tag› b‹attribute›=‹operator›{1‹number› <‹operator› 2‹number›}>‹tag›it's {c}</a>‹tag›;",
      ],
    ],
    [
      "jsx",
      "if (a < b) c = a <d && e> f",
      ["if‹keyword› (a <‹operator› b) c =‹operator› a <‹operator›d &&‹operator› e>‹operator› f"],
    ],
    ["console", "$ ls 'a'\n'a'", ["$ ‹meta›ls‹builtin› 'a'‹string›", "'a'"]],
    ["console", "ls 'a'", ["ls‹builtin› 'a'‹string›"]],
    ["pycon", ">>> 'a'\n'a'", [">>> ‹meta›'a'‹string›", "'a'"]],
  ])("%s: %s", (language, text, expected) => {
    expect(colours(language, text)).toEqual(expected);
  });
});

describe("modes that misbehave", () => {
  type State = { calls: number; deep?: object };
  const reader = (token: (stream: StringStream, state: State) => string) =>
    new StreamReader({ startState: (): State => ({ calls: 0 }), token });

  test("one that does not go on is left", () => {
    let calls = 0;
    const stuck = reader(() => {
      calls++;
      return "keyword";
    });
    expect(stuck.line("abc")).toEqual([{ end: 3, style: "" }]);
    expect(calls).toBeLessThan(100);
  });

  test("one that loops is left", () => {
    const looping = reader((stream, state) => {
      while (stream.pos === 0) state.calls += Number(stream.peek() === "x");
      return "keyword";
    });
    expect(looping.line("abc")).toEqual([{ end: 3, style: "" }]);
  });

  test("one that goes back is left, too", () => {
    const back = reader((stream) => {
      stream.pos -= 5;
      return "keyword";
    });
    expect(back.line("abc")).toEqual([{ end: 3, style: "" }]);
  });

  test("one that goes too far", () => {
    const far = reader((stream) => {
      stream.pos += 5;
      return "keyword";
    });
    expect(far.line("abc")).toEqual([{ end: 3, style: "keyword" }]);
  });

  test("one that fails starts anew in the next line", () => {
    const failing = reader((stream, state) => {
      stream.pos++;
      if (state.calls++) throw new Error("no");
      return "keyword";
    });
    for (const _ of [1, 2])
      expect(failing.line("abc")).toEqual([
        { end: 1, style: "keyword" },
        { end: 3, style: "" },
      ]);
  });

  test("a state too large to be copied: the copy has no colours, the reader goes on", () => {
    const growing = reader((stream, state) => {
      stream.pos++;
      state.deep = { within: state.deep };
      return "keyword";
    });
    for (let n = 0; n < 20; n++) growing.line("x".repeat(900));
    expect(growing.copy().line("abc")).toEqual([{ end: 3, style: "" }]);
    expect(growing.line("abc")).toEqual([{ end: 3, style: "keyword" }]);
  });

  test("no token ends inside a character", () => {
    const units = reader((stream) => (stream.pos++ % 2 ? "string" : "keyword"));
    expect(units.line("a😀b")).toEqual([
      { end: 1, style: "keyword" },
      { end: 4, style: "string" },
    ]);
  });
});

test("a copied state shares nothing, keeps its shape, and stands loops", () => {
  class Node {
    list = [1, { two: 2 }];
    self: Node = this;
  }
  const state = { node: new Node(), match: /a/g, call: () => 1 };
  const copy = cloneState(state)?.copy;
  expect(copy).toEqual(state);
  expect(copy?.node).not.toBe(state.node);
  expect(copy?.node).toBeInstanceOf(Node);
  expect(copy?.node.self).toBe(copy?.node);
  expect(copy?.node.list[1]).not.toBe(state.node.list[1]);
  expect(copy?.call).toBe(state.call);
});

test("time grows with the text, not faster", () => {
  const seconds = (language: string, times: number) => {
    const reader = open(language);
    const lines = samples[language]?.split("\n") ?? [];
    const started = performance.now();
    for (let round = 0; round < times; round++)
      for (const line of lines) {
        reader.line(line);
        reader.copy().line(line.slice(0, 5));
      }
    return performance.now() - started;
  };
  for (const language of ["python", "javascript", "css", "sql"]) {
    seconds(language, 50);
    const best = (times: number) =>
      Math.min(...[1, 2, 3].map(() => seconds(language, times) / times));
    expect(best(400) / best(50), language).toBeLessThan(5);
  }
});
