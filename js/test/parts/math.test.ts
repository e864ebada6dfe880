/** Formulas: shown as MathML that holds nothing but mathematics, or not at all. */

import { beforeEach, describe, expect, test, vi } from "vitest";
import { math } from "../../src/bundles/math/math.js";
import { buildElement, CLASSES, type TreeNode } from "../../src/bundles/math/mathml.js";
import { seeded } from "./random.js";

// Temml warns of pages without a doctype, as the tests' is.
vi.hoisted(() => Object.defineProperty(document, "compatMode", { value: "CSS1Compat" }));

const css = import.meta.glob<string>("../../src/markdown/math.css", {
  query: "?raw",
  import: "default",
  eager: true,
});

const FORMULAS = String.raw`
\frac{a}{b} + \sqrt[3]{x^2+1}
\sum_{i=1}^{n} i = \frac{n(n+1)}{2}
\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}
\left(\frac{\frac{a}{b}}{c}\right)^2 \left\{ x \;\middle|\; x > 0 \right\}
\begin{pmatrix} a & b \\ c & d \end{pmatrix} \begin{array}{c|r} a & b \\ \hline c & d \end{array}
\begin{cases} x & \text{if } x > 0 \\ -x & \text{otherwise} \end{cases}
\begin{aligned} a &= b \\ &= c \end{aligned}
\hat{x} \vec{v} \ddot{q} \widehat{abc} \widetilde{xyz} \overline{AB} \underline{u} \overrightarrow{AB}
\mathbb{R} \mathcal{L} \mathscr{H} \mathfrak{g} \mathbf{x} \mathsf{A} \mathtt{t} \boldsymbol{\alpha}
\boxed{x = 1} \cancel{y} \bcancel{z} \xcancel{w} \sout{abc} \fbox{a}
\underbrace{a+b}_{n} \lim_{x \to 0} \operatorname{argmax}_\theta f'(x)
\color{red} x + \textcolor{#00f}{y} \colorbox{yellow}{z}
\ce{H2O + CO2 -> H2CO3} \pu{3 m/s} \dv{f}{x} \braket{a|b}
\xrightarrow[below]{above} \iff \binom{n}{k} \tfrac12 \cfrac{1}{1+\cfrac{1}{x}}
\prescript{a}{b}{X} \mathrlap{d} \smash{y} \phantom{z} \raisebox{1em}{x} \kern1em
`
  .trim()
  .split("\n");

/** What no formula may hold, looked for without the lists that it was built by. */
function check(el: Element): void {
  for (const node of [el, ...el.querySelectorAll("*")]) {
    expect(node.namespaceURI).toBe("http://www.w3.org/1998/Math/MathML");
    expect(node.localName).toMatch(/^(?:math|semantics|annotation|m[a-z]+)$/);
    expect(["maction", "mglyph", "merror"]).not.toContain(node.localName);
    for (const { name, value } of node.attributes) {
      expect(name).not.toMatch(/^(?:on|data-)|href|src|^(?:id|name|title|xmlns|target)$/);
      expect(value).not.toMatch(
        /[(:]/.test(value.replace(/scaleX\(-1\)|[\w-]+: /g, "")) ? /./ : /$^/,
      );
    }
    for (const name of node.classList) expect(CLASSES).toContain(name);
  }
}

const shown = (tex: string, display = true): Element => {
  const el = math.render(tex, display);
  if (!el) throw new Error(`refused: ${tex}`);
  return el;
};
const texOf = (el: Element) =>
  el.querySelector('annotation[encoding="application/x-tex"]')?.textContent;

describe("what is TeX", () => {
  test.each(FORMULAS)("%s", (tex) => {
    for (const display of [true, false]) {
      const el = shown(tex, display);
      check(el);
      expect(el.localName).toBe("math");
      expect(el.getAttribute("display")).toBe(display ? "block" : null);
      expect(el.firstElementChild?.localName).toBe("semantics");
      expect(texOf(el)).toBe(tex);
    }
  });

  test("a fraction is one", () => {
    const fraction = shown(String.raw`\frac{a}{b}`).querySelector("mfrac");
    expect([...(fraction?.children ?? [])].map((part) => part.textContent)).toEqual(["a", "b"]);
  });

  test("equations have no ids, and no numbers that are counted by the page", () => {
    const el = shown(String.raw`\begin{align} a &= b \label{eq:x} \\ c &= d \tag{7} \end{align}`);
    check(el);
    expect(el.querySelector("mtext")?.textContent).toBe("");
    expect([...el.querySelectorAll("mtext")].at(-1)?.textContent).toBe("(7)");
  });
});

test.each(
  String.raw`
\frac{a}
a }
\unknown
\begin{matrix} a
a^b^c
\href{https://example.com}{x}
\url{https://example.com}
\includegraphics{https://example.com/a.png}
\class{a}{x}
\id{a}{x}
\htmlId{a}{x}
\style{background: url(https://example.com)}{x}
\data{a=b}{x}
\ref{a}
\eqref{a}
\texttip{a}{b}
\mathtip{a}{b}
\color{url(https://example.com)} x
\textcolor{red;background:red}{x}
`
    .trim()
    .split("\n"),
)("refused: %s", (tex) => {
  expect(math.render(tex, true)).toBeNull();
  expect(math.render(tex, false)).toBeNull();
});

describe("only what is listed is made", () => {
  const tree = (more: Partial<TreeNode>): TreeNode => ({ type: "math", children: [], ...more });
  const html = (more: object) => tree({ children: [{ classes: [], style: {}, ...more }] });

  test.each([
    ["an element", tree({ type: "script" })],
    ["an element within", tree({ children: [tree({ type: "maction" })] })],
    ["an event", tree({ attributes: { onclick: "x" } })],
    ["an address", tree({ attributes: { href: "x" } })],
    ["a style", tree({ attributes: { style: "color: red; background: url(x)" } })],
    ["a value", tree({ attributes: { mathcolor: "url(x)" } })],
    ["a style's name", tree({ style: { background: "red" } })],
    ["a style's value", tree({ style: { color: "red; background: red" } })],
    ["a class", tree({ classes: ["jp-Button"] })],
    ["text in HTML", html({ attributes: {}, children: [{ text: "x" }] })],
    ["a link", html({ href: "#x", children: [] })],
    ["an image", html({ src: "x" })],
  ])("not %s", (_, node) => {
    expect(() => buildElement(node)).toThrow();
  });

  test("an id is left out, text is text, and an empty <span> is nothing", () => {
    const text = { text: "<b onclick=x>" };
    const el = buildElement(
      tree({
        attributes: { id: "x" },
        children: [text, ...(html({ attributes: {}, children: [] }).children as TreeNode[])],
      }),
    );
    expect(el.hasAttribute("id")).toBe(false);
    expect(el.textContent).toBe(text.text);
    expect(el.children.length).toBe(0);
  });

  test("nothing too deep or too large", () => {
    let deep = tree({});
    for (let n = 0; n < 200; n++) deep = tree({ type: "mrow", children: [deep] });
    expect(() => buildElement(deep)).toThrow();
    expect(() =>
      buildElement(tree({ children: Array(5_000).fill(tree({ type: "mi" })) })),
    ).toThrow();
  });

  test("every class has a rule", () => {
    for (const name of CLASSES) expect(Object.values(css)[0]).toContain(`.${name}`);
  });
});

test("pieces of formulas in any order", () => {
  const random = seeded(3);
  const pieces = FORMULAS.join(" ").match(/\\\w+|\\.|\w+|\S/g) ?? [];
  const more = [
    "\\style{a}",
    "\\class{b}",
    "\\label{c}",
    "\\tag{d}",
    "url(",
    ":",
    '"',
    "<",
    "&",
    "\\\\",
  ];
  let count = 0;
  for (let round = 0; round < 1_500; round++) {
    const piece = () =>
      (random(8) ? pieces[random(pieces.length)] : more[random(more.length)]) ?? "";
    const tex = Array.from({ length: 1 + random(8) }, piece).join(" ");
    const el = math.render(tex, random(2) > 0);
    if (!el) continue;
    count++;
    check(el);
    expect(texOf(el)).toBe(tex);
  }
  expect(count).toBeGreaterThan(200);
});

describe("macros", () => {
  test("are there in their formula and not in the next", () => {
    for (const [definition, use] of [
      [String.raw`\def\mine{x}`, String.raw`\mine`],
      [String.raw`\gdef\mine{x}`, String.raw`\mine`],
      [String.raw`\global\let\mine=x`, String.raw`\mine`],
      [String.raw`\newcommand{\mine}[1]{x#1}`, String.raw`\mine y`],
      [String.raw`\definecolor{mine}{HTML}{ff0000}`, String.raw`\color{mine} x`],
    ] as const) {
      expect(shown(definition + use).textContent).toContain("x");
      if (use.includes("color")) expect(shown(use).outerHTML).not.toContain("ff0000");
      else expect(math.render(use, true), definition).toBeNull();
    }
  });

  test("that are part of TeX stay what they are", () => {
    math.render(String.raw`\gdef\frac#1{x}\frac{a}`, true);
    math.render(String.raw`\renewcommand{\sqrt}{x}\sqrt`, true);
    expect(shown(String.raw`\frac{a}{b}\sqrt{c}`).querySelectorAll("mfrac, msqrt")).toHaveLength(2);
  });

  const letters = [..."abcdefghijklmnopqrstuvwxy"];
  const chain = (define: (name: string, next: string) => string) =>
    letters.map((name, n) => define(`\\q${name}`, `\\q${letters[n + 1] ?? "z"}`)).join("");
  const nested = (times: number) => `${"\\a{".repeat(times)}x${"}".repeat(times)}`;

  test.each([
    ["that never end", String.raw`\def\a{\a\a}\a`],
    ["that never end and grow", String.raw`\def\a#1{\a{x#1}}\a{}`],
    ["that double without arguments", `\\def\\qz{x}${chain((a, b) => `\\def${a}{${b}${b}}`)}\\qa`],
    ["that double their argument", `${chain((a, b) => `\\def${a}#1{${b}{#1#1}}`)}\\qa{x}`],
    ["that double when defined", `\\edef\\qa{xx}${chain((a, b) => `\\edef${b}{${a}${a}}`)}\\qz`],
    ["one in another", `\\def\\a#1{#1#1}${nested(40)}`],
    ["by another name", `\\let\\d\\def\\d\\a#1{#1#1}${nested(40)}`],
    ["in a definition", String.raw`\def\a#1{\def\b##1{##1##1#1}}\a{x}\b{\b{\b{x}}}`],
    ["long and often", `\\def\\a{${"x".repeat(900)}}${"\\a".repeat(400)}`],
  ])("%s", (_, tex) => {
    expect(math.render(tex, true)).toBeNull();
  });
});

describe("limits", () => {
  test.each([
    "x",
    "{",
    "^",
    "\\frac",
    "\\hat",
    "\\left(",
    "&",
    "\\\\",
    "'",
    "a\\over ",
    "\\ce{",
    "$",
  ])("%s, again and again", (piece) => {
    for (const length of [1_000, 1_999, 100_000]) {
      const el = math.render(piece.repeat(length / piece.length), true);
      expect(el?.querySelectorAll("*").length ?? 0).toBeLessThan(2_100);
    }
  });

  test.each([
    String.raw`\frac1{#}`,
    String.raw`\frac{#}1`,
    String.raw`\sqrt{#}`,
    "x^{#}",
    String.raw`\binom{#}2`,
  ])("macros nest no deeper than what is written: %s", (body) => {
    const name = (n: number) => `\\macro${String.fromCharCode(97 + n / 26, 97 + (n % 26))}`;
    const chain = (count: number) =>
      [...Array(count).keys()]
        .map((n) => `\\def${name(n)}{${body.replace("#", n ? name(n - 1) : "x")}}`)
        .join("") + name(count - 1);
    expect(math.render(chain(20), true)).not.toBeNull();
    for (const count of [30, 49]) expect(math.render(chain(count), true)).toBeNull();
  });

  test.each([
    String.raw`\rule{9999em}{9999em}`,
    String.raw`a\hspace{9999pt}b`,
    String.raw`\kern-9999em x`,
    String.raw`\raisebox{-9999em}{x}`,
    String.raw`\hspace{#1}`.replace("#1", "8em").repeat(6),
  ])("nothing is larger than a page: %s", (tex) => {
    expect(math.render(tex, true)).toBeNull();
  });
});

describe("what was rendered before", () => {
  beforeEach(() => {
    vi.restoreAllMocks();
  });

  test("is rendered once, and each time another element", () => {
    const first = shown("a+b");
    const made = vi.spyOn(document, "createElementNS");
    const second = shown("a+b");
    expect(made).not.toHaveBeenCalled();
    expect(second).not.toBe(first);
    first.replaceChildren();
    expect(shown("a+b").outerHTML).toBe(second.outerHTML);
    expect(shown("a+b", false).outerHTML).not.toBe(second.outerHTML);
  });

  test("is forgotten after others, what is in use is not", () => {
    shown("old");
    for (let n = 0; n < 400; n++) {
      shown(`x_${n}`);
      shown("used");
    }
    const made = vi.spyOn(document, "createElementNS");
    shown("used");
    expect(made).not.toHaveBeenCalled();
    shown("old");
    expect(made).toHaveBeenCalled();
  });
});
