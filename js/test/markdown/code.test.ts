/** Code blocks: chunks of lines, and highlighting that comes with the lines or later. */

import { expect, test } from "vitest";
import type { CodeReader, Parts, Token } from "../../src/markdown/addons.js";
import { createRenderer, random, split } from "./html.js";

/** Words in capitals are keywords, and the lines are numbered: a reader that keeps state. */
class Reader implements CodeReader {
  constructor(private number = 0) {}

  line(text: string): Token[] {
    this.number++;
    const tokens = [...text.matchAll(/[A-Z]+|[^A-Z]+/g)].map(({ 0: word, index }) => ({
      end: index + word.length,
      style: /[A-Z]/.test(word) ? `n${this.number % 2}` : "",
    }));
    return tokens;
  }

  copy(): Reader {
    return new Reader(this.number);
  }
}

const highlight = { open: (name: string) => (name === "sql" ? new Reader() : null) };
const there: Parts = { get: (name) => (name === "highlight" ? (highlight as never) : null) };

/** Parts that arrive when `arrive` is called. */
function late() {
  let here = false;
  const waiting: (() => void)[] = [];
  const parts: Parts = {
    get(name, ready) {
      if (here) return there.get(name, ready);
      waiting.push(ready);
      return null;
    },
  };
  const arrive = () => {
    here = true;
    for (const ready of waiting) ready();
  };
  return { parts, arrive };
}

function start(parts?: Parts) {
  const el = document.createElement("div");
  return { el, renderer: createRenderer(el, parts ? { parts } : {}) };
}

/** Each line's pieces, styled ones in brackets. */
function shown(el: Element): string {
  return [...el.querySelectorAll(".nbs-line")]
    .flatMap((line) => [...line.childNodes])
    .map((node) => {
      const style = (node as Element).className?.replace("nbs-tok-", "");
      return style ? `[${style} ${node.textContent}]` : node.textContent;
    })
    .join("");
}

const SOURCE = Array.from({ length: 100 }, (_, n) => `SELECT a${n} FROM b`).join("\n");
const FENCED = `text\n\n\`\`\`sql\n${SOURCE}\n\`\`\`\n\nend\n`;
const EXPECTED = `${SOURCE.split("\n")
  .map((line, n) => line.replace(/[A-Z]+/g, `[n${(n + 1) % 2} $&]`))
  .join("\n")}\n`;

test("lines are in chunks, and the nodes of a line stay", () => {
  const { el, renderer } = start();
  renderer.append("```py\n");
  for (let n = 0; n < 70; n++) renderer.append(`line ${n}\n`);
  const code = el.querySelector("code");
  expect(code?.className).toBe("language-py");
  expect(code?.children).toHaveLength(3);
  const [first] = code?.children ?? [];
  const node = first?.firstChild;
  renderer.append("``");
  renderer.append("`\n");
  expect(code?.firstElementChild).toBe(first);
  expect(first?.firstChild).toBe(node);
  expect(code?.textContent?.split("\n")).toHaveLength(71);
  expect(el.querySelector(".nbs-language")?.textContent).toBe("py");
});

test.each([1, 2, 3])("highlighted the same whole and in pieces (seed %i)", (seed) => {
  for (const pieces of [[FENCED], FENCED.split(""), split(FENCED, random(seed))]) {
    const { el, renderer } = start(there);
    for (const piece of pieces) renderer.append(piece);
    renderer.finish();
    expect(shown(el)).toBe(EXPECTED);
  }
});

test.each([0, 5, 200, 700, FENCED.length - 20, FENCED.length])(
  "highlighted the same when the grammar comes after %i characters",
  (at) => {
    const { el, renderer } = start();
    const { parts, arrive } = late();
    const second = start(parts);
    for (const [n, character] of [...FENCED].entries()) {
      if (n === at) arrive();
      renderer.append(character);
      second.renderer.append(character);
      expect(second.el.textContent).toBe(el.textContent);
    }
    if (at === FENCED.length) arrive();
    second.renderer.finish();
    expect(shown(second.el)).toBe(EXPECTED);
  },
);

test("a language that nobody knows is shown plain", () => {
  const { el, renderer } = start(there);
  renderer.append("```brainwash\nA\nB");
  expect(shown(el)).toBe("A\nB");
});

test("what is typed of a line does not rewrite what is there", () => {
  const { el, renderer } = start(there);
  renderer.append("```sql\nx\nSELECT a");
  const nodes = () => [...el.querySelectorAll(".nbs-line")].flatMap((line) => [...line.childNodes]);
  const before = nodes();
  renderer.append("b FROM");
  expect(nodes().slice(0, before.length)).toEqual(before);
  expect(shown(el)).toBe("x\n[n0 SELECT] ab [n0 FROM]");
});

test("only what has a style has an element, and a word that may still get one", () => {
  const { el, renderer } = start(there);
  const names = () =>
    [...(el.querySelector(".nbs-line")?.childNodes ?? [])].map((node) => node.nodeName);
  renderer.append("```sql\nSELECT a, ");
  expect(names()).toEqual(["SPAN", "#text"]);
  renderer.append("B c");
  expect(names()).toEqual(["SPAN", "#text", "SPAN", "#text"]);
  renderer.append("\nb");
  const word = el.querySelectorAll(".nbs-line")[1]?.firstChild;
  expect(word?.nodeName).toBe("SPAN");
  renderer.append("\n\n```\n");
  expect(el.querySelectorAll(".nbs-line")[1]?.firstChild).toBe(word);
  expect(shown(el)).toBe("[n1 SELECT] a, [n1 B] c\nb\n\n");
});

test("a line of data is not highlighted, the lines around it are", () => {
  const { el, renderer } = start(there);
  const data = "A b ".repeat(6000);
  renderer.append("```sql\nA\n");
  for (let at = 0; at < data.length; at += 1000) renderer.append(data.slice(at, at + 1000));
  renderer.append("\nB\n```\n");
  const rows = [...el.querySelectorAll(".nbs-line")];
  expect(rows.map((row) => row.textContent)).toEqual(["A\n", `${data}\n`, "B\n"]);
  const styled = rows.map((row) => row.querySelectorAll("[class^=nbs]").length);
  expect(styled).toEqual([1, 0, 1]);
});
