/** What is written from the rendered text says the same. */

import { tests as spec } from "commonmark-spec";
import { describe, expect, test } from "vitest";
import { toHtml, toMarkdown, toPlainText } from "../../src/markdown/dom/serialize.js";
import { makeDocument } from "./documents.js";
import { EXAMPLES } from "./gfm-examples.js";
import { GFM, random, render, toHtml as shownHtml } from "./html.js";

/** What Markdown does not say again: white space from entities, a link in an image's description. */
const EXCEPTIONS = [
  "foo&#10;&#10;bar\n",
  "&#9;foo\n",
  "![[[foo](uri1)](uri2)](uri3)\n",
  // Text that was kept from being an address.
  "<foo\\+@bar.example.com>\n",
  // What is a formula here, of a backslash.
  "\\!\\\"\\#\\$\\%\\&\\'\\(\\)\\*\\+\\,\\-\\.\\/\\:\\;\\<\\=\\>\\?\\@\\[\\\\\\]\\^\\_\\`\\{\\|\\}\\~\n",
  "a.b-c_d@a.b\n\na.b-c_d@a.b.\n\na.b-c_d@a.b-\n\na.b-c_d@a.b_\n",
];

const again = (markdown: string) => toMarkdown(render([markdown], GFM));

test("written and rendered again, the specifications' examples look the same", () => {
  const examples = [
    ...spec.map(({ markdown }) => markdown.replaceAll("→", "\t")),
    ...EXAMPLES.map(({ markdown }) => markdown),
  ];
  const different = examples.filter(
    (markdown) => shownHtml([again(markdown)], GFM) !== shownHtml([markdown], GFM),
  );
  expect(different.sort()).toEqual([...EXCEPTIONS].sort());
});

const MIXED = `# Title with *emphasis* and \`code\`

A paragraph with **bold *both* text**, ~~struck~~, snake_case, 2 * 3, [a link](https://a.b/c_d "t")
and a hard break\\
here. Costs $5, not <b>bold</b>; \\*literal\\* [not a formula].

- one
- two
  1. inner

     more
  2. second

* other list

3. three
4. four

> quoted
>
> - [x] done
> - [ ] open

\`\`\`\`python
print("\`\`\`")

print(2)
\`\`\`\`

| left | right | a\\|b |
|:---|---:|---|
| \`x\\|y\` | **2** | |

***

![image](https://a.b/i.png "title")
`;

test("a mixed document", () => {
  expect(shownHtml([again(MIXED)], GFM)).toBe(shownHtml([MIXED], GFM));
  expect(again(again(MIXED))).toBe(again(MIXED));
});

test("random documents are written without end or error, mostly the same", () => {
  const next = random(7);
  let same = 0;
  for (let n = 0; n < 300; n++) {
    const markdown = makeDocument(next);
    if (shownHtml([again(markdown)], GFM) === shownHtml([markdown], GFM)) same++;
  }
  expect(same).toBeGreaterThan(200);
});

test("plain text is what a person would type", () => {
  expect(toPlainText(render([MIXED], GFM))).toBe(`Title with emphasis and code

A paragraph with bold both text, struck, snake_case, 2 * 3, a link
and a hard break
here. Costs $5, not <b>bold</b>; *literal* [not a formula].

- one
- two
  1. inner

     more

  2. second

* other list

3. three
4. four

quoted

- [x] done
- [ ] open

print("\`\`\`")

print(2)

left\tright\ta|b
x|y\t2\t

image`);
});

test("HTML has few elements, no classes, and loads nothing", () => {
  const hostile = '[x](javascript:a) <img src=x onerror=y> ![i](https://a.b/"onload=z) `<b>`';
  const html = toHtml(render([`${MIXED}\n${hostile}\n`], GFM));
  const names = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map(([, name]) => name));
  expect([...names].sort().join(" ")).toBe(
    "a blockquote br code del em h1 hr li ol p pre strong table tbody td th thead tr ul",
  );
  const attributes = new Set([...html.matchAll(/ ([a-z-]+)="/g)].map(([, name]) => name));
  expect([...attributes].sort()).toEqual(["align", "href", "start"]);
  expect(html).not.toMatch(/javascript|<img/);
  expect(html).toContain("&#60;img src=x onerror=y&#62;");
  expect(html).toContain('<a href="https://a.b/i.png">image</a>');
});

describe("what only the page shows", () => {
  /** A tree of elements, described by their selectors. */
  function tree(selector: string, ...children: (Node | string)[]): HTMLElement {
    const [name = "", ...classes] = selector.split(".");
    const el = document.createElement(name);
    el.className = classes.join(" ");
    el.append(...children);
    return el;
  }
  const math = (tex: string, display = "") => {
    const el = tree(`span.nbs-math${display}`, "drawn");
    el.dataset.tex = tex;
    return el;
  };

  test("is left out: words of code's header, what is hidden", () => {
    const code = tree(
      "div.nbs-code",
      tree("div.nbs-code-head", tree("span.nbs-language", "js"), tree("button", "Copy")),
      tree("pre", tree("code.language-js", tree("span.nbs-chunk", "a\n"), tree("span", "b\n"))),
    );
    const hidden = tree("p", "secret");
    hidden.hidden = true;
    const el = tree("div", tree("div.nbs-page", code), tree("div.nbs-page", hidden));
    expect(toMarkdown(el)).toBe("```js\na\nb\n```");
    expect(toPlainText(el)).toBe("a\nb");
    expect(toHtml(el)).toBe("<pre><code>a\nb\n</code></pre>");
  });

  test("formulas are TeX", () => {
    const el = tree("p", "so ", math("a<b"), " and ", math("\\sum", ".nbs-math-display"));
    expect(toPlainText(el)).toBe("so $a<b$ and $$\\sum$$");
    expect(toMarkdown(el)).toBe("so $a<b$ and $$\\sum$$");
    expect(toHtml(el)).toBe("<p>so $a&#60;b$ and $$\\sum$$</p>");
    expect(toPlainText(el.querySelector(".nbs-math") as Element)).toBe("$a<b$");
  });

  test("segments of lists and tables are one", () => {
    const first = tree("ul.nbs-goes-on", tree("li", tree("p", "a")));
    const second = tree("ul", tree("li", tree("p", "b")));
    for (const list of [first, second]) list.toggleAttribute("data-tight", true);
    const rows = tree("table", tree("tbody", tree("tr", tree("td", "3"))));
    const head = tree("table", tree("thead", tree("tr", tree("th", "1"))));
    const el = tree(
      "div",
      first,
      second,
      tree("div.nbs-table", tree("div", head), tree("div", rows)),
    );
    expect(toMarkdown(el)).toBe("- a\n- b\n\n| 1 |\n| --- |\n| 3 |");
  });

  test("footnotes, folds, keys", () => {
    const el = tree(
      "div",
      tree("p", "Press ", tree("kbd", "Esc"), tree("sup.nbs-footnote", tree("a", "1"))),
      tree("details", tree("summary", "more"), tree("p", "text")),
      tree("section.nbs-footnotes", tree("ol", tree("li", tree("p", "note")))),
    );
    expect(toMarkdown(el)).toBe(
      "Press <kbd>Esc</kbd>[^1]\n\n<details>\n\n<summary>more</summary>\n\ntext\n\n</details>\n\n[^1]: note",
    );
  });
});

describe("a range", () => {
  const el = render(["3. one\n4. two *words*\n5. three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"], GFM);
  const texts: Text[] = [];
  const collect = (node: Node): void => {
    if (node instanceof Text) texts.push(node);
    node.childNodes.forEach(collect);
  };
  collect(el);
  function range(from: string, start: number, to: string, end: number): Range {
    const find = (data: string) => texts.find((text) => text.data === data) as Text;
    const made = document.createRange();
    made.setStart(find(from), start);
    made.setEnd(find(to), end);
    return made;
  }

  test("inside a list keeps the numbers", () => {
    const some = range("two ", 1, "three", 2);
    expect(toMarkdown(el, some)).toBe("4. wo _words_\n5. th");
    expect(toPlainText(el, some)).toBe("4. wo words\n5. th");
    expect(toHtml(el, some)).toBe('<ol start="4"><li>wo <em>words</em></li><li>th</li></ol>');
  });

  test("in one paragraph is words alone", () => {
    const some = range("two ", 1, "words", 3);
    const block = some.startContainer.parentElement as Element;
    expect(toMarkdown(block, some)).toBe("wo _wor_");
  });

  test("of a table has its head in Markdown", () => {
    const some = range("1", 0, "2", 1);
    expect(toMarkdown(el, some)).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |");
    expect(toPlainText(el, some)).toBe("1\t2");
  });
});
