/** Half-typed markup does not flash: what is shown of each part of a text. */

import { expect, test } from "vitest";
import { ANSWER } from "./answer.js";
import { measure } from "./calmness.js";
import { createRenderer } from "./html.js";

/** What is shown after each character, what is hidden left out. */
function frames(text: string): string[] {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  return [...text].map((character) => {
    renderer.append(character);
    const shown = [...el.querySelectorAll("p,h1,h2,h3,pre,td,th")];
    return shown.map((block) => ((block as HTMLElement).hidden ? "" : block.textContent)).join("|");
  });
}

test.each([
  ["emphasis", "It is **very bold** and *so* on, ~~not~~.\n", /[*~]/],
  ["emphasis in emphasis", "***both** one* and **a *b* c**.\n", /\*/],
  ["code", "Call `f(x)` or ``g`h`` now.\n", /^[^g]*`/],
  ["a link's target", "See [the docs](https://x.example/a_(b) 'T') there.\n", /http|\(https|'T/],
  ["an image's target", "See ![a chart](https://x.example/a.png) there.\n", /\.png/],
  ["headings", "# One\n\n## Two\n", /#/],
  ["an underlined heading", "One\n===\n\nTwo\n---\n", /[=-]/],
  ["a rule", "a\n\n---\n\nb\n", /-/],
  ["list markers", "- a\n- b\n\n1. c\n2. d\n", /[-.]|\d/],
  ["tasks", "- [ ] a\n- [x] b\n", /[[\]]/],
  ["a quote", "> a\n> b\n", />/],
  ["a fence", "```py\nx = 1\n```\n\nend\n", /`/],
  ["a table", "| a | b |\n|---|--:|\n| c | d |\n\nend\n", /\|\s|-/],
  ["a link in parentheses", "([docs](https://x.example)) [there] now.\n", /\[(?!there\])|\(h/],
  ["a placeholder, a citation", "Dear [Name], see [12] and a[0]\n", /Name(?!\])|12(?!\])/],
  ["an image", "See ![a chart](https://x.example) there.\n", /!/],
  ["an image in a link", "[![a chart](https://x.example)](https://y.example) there.\n", /[![]/],
  ["a footnote", "Told[^1] and [^2].\n", /\[(?!\^\d\])/],
  ["tags", "H<sub>2</sub>O, a<br>b, <kbd>C</kbd>\n", /[<>]/],
  ["escapes and character references", "a \\* b \\_ AT&amp;T &copy;\n", /\\|&(?!$|T)/],
  ["an address", "at https://x.example/a, www.x.example\n", / (?:https?:?\/?\/?|www\.?)$/],
  ["formulas", "As $x^2$, \\(y\\) and\n\n$$\nz\n$$\n", /(?:^| |\|)(?:\$+|\\[([]?)$/],
  ["a definition", "a [x]\n\n[x]: https://x.example 'T'\n\nb\n", /http|'T|\|x/],
])("%s", (_, text, flash) => {
  const wrong = frames(text).filter((frame) => flash.test(frame));
  expect(wrong).toEqual([]);
});

test.each([
  "[it ends](https://x.example/a) so.\n",
  "[ab](www.x.example) so.\n",
  "See ([it ends](https://x.example)).\n",
])("what is shown of a link stays shown: %s", (text) => {
  const shown = frames(text);
  expect(shown.filter((frame, index) => !frame.startsWith(shown[index - 1] ?? ""))).toEqual([]);
});

test.each(["1. *a* b\n2. **c** d\n3. `e`\n", "- *a* b\n- **c** d\n- `e`\n"])(
  "no item is empty: %s",
  (text) => {
    const el = document.createElement("div");
    const renderer = createRenderer(el);
    for (const character of text) {
      renderer.append(character);
      expect([...el.querySelectorAll("li")].map((item) => item.textContent)).not.toContain("");
    }
    expect(el.querySelectorAll("li")).not.toHaveLength(0);
  },
);

test.each([
  ["2 * 3 is 6 and 5*4", "2 * 3 is 6 and 5*4"],
  ["a snake_case_name", "a snake_case_name"],
  ["see [1](that is, below", "see [1](that is, below"],
  ["an escaped \\*", "an escaped *"],
])("what is no markup is shown: %s", (text, shown) => {
  expect(frames(text).at(-1)).toBe(shown);
});

test("an answer in pieces of four characters", () => {
  const { rewritten, flicker, steps } = measure(ANSWER, 4);
  // The one reference to a definition that comes last is text until then.
  expect(steps.map(([, after]) => after.slice(0, 60))).toHaveLength(3);
  expect(rewritten).toBeLessThanOrEqual(0.02);
  expect(flicker).toBeLessThanOrEqual(0.005);
});

test.each([1, 2, 3, 7, 32])("an answer in pieces of %i", (length) => {
  expect(measure(ANSWER, length).rewritten).toBeLessThanOrEqual(0.02);
});

test("what looked like markup and was none is text in the end", () => {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  renderer.append("**never closed, `nor this\n");
  expect(el.querySelector("strong code")?.textContent).toBe("nor this");
  renderer.finish();
  expect(el.textContent).toBe("**never closed, `nor this");
});
