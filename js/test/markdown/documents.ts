/** Documents made of pieces of markup at random, to be split and compared. */

const PIECES = [
  ..."*_`~[]()!<>#-+=|:\\&\"' \t\n\n\n",
  ...["**", "__", "~~", "***", "``", "```\n", "~~~\n", "```js\n", "    ", "  ", "   "],
  ...["> ", ">", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "- [x] ", "- [ ] ", "# ", "### "],
  ...["\n\n", "\n\n\n", "\n> ", "\n- ", "\n  ", "\n    ", "\n1. ", "\n---\n", "\n===\n", "\n\t"],
  ...["a", "b", "foo", "bar ", "word word", "é", "😀", "\u00a0", "\u2014", "。"],
  ...[
    "[foo]",
    "[foo]: /url\n",
    "[foo]: <x> 'title'\n",
    "[bar][foo]",
    "[a](b)",
    "![i](u 't')",
    "](u)",
  ],
  ...['[bar]: /u\n"t\n"\n', "[foo][]", "&amp;", "&copy;", "&#65;", "&nope;", "\\*", "\\\n", "  \n"],
  ...["<http://a.b>", "<a@b.c>", "www.a.b", "https://a.b/c_d*e*", "x@y.z", "http://a.b)."],
  ...["$", "$$", "$x$", "$5 ", "\\(", "\\)", "\\[", "\\]", "\\\\", "x^2"],
  ...["[^a]", "[^", "[^a]: b\n", "<sub>", "</sub>", "<sup>", "</sup>", "<kbd>", "<br>", "<br/"],
  ...["|a|b|\n|-|-|\n", "| c |\n", "a|b\n:-|-:\n", "|---|\n", "\\|", "\r\n", "\r", "\0"],
];

export function makeDocument(next: () => number): string {
  return Array.from({ length: 2 + Math.floor(next() * 40) }, () => piece(next)).join("");
}

const piece = (next: () => number) => PIECES[Math.floor(next() * PIECES.length)] ?? "";

/** One paragraph, mostly: markup with words between. */
export function makeProse(next: () => number): string {
  let text = "";
  for (let n = 2 + Math.floor(next() * 20); n > 0; n--)
    text += next() < 0.6 ? " some words" : piece(next).replace(/\n+$/, next() < 0.9 ? " " : "\n");
  return text;
}

/** What models write, and what views of it may take for something else. */
const MODEL_PIECES = [
  ...[
    "「",
    "」",
    "。",
    "，",
    "（",
    "）",
    "“",
    "”",
    "字",
    "です",
    "한글",
    "﨑",
    "**",
    "*",
    "~~",
    "~",
    "__",
  ],
  ...[
    "https://a.example",
    "www.a.b/c",
    "a@b.example",
    "http://a.b/(c)",
    "]",
    "}",
    ")",
    "[",
    "{",
    "(",
  ],
  ...["`a|b`", "$|x|$", "`", "``", "| ", "|", "|a|b|\n|-|-|\n", "| `x|y` | z |\n", "\\|", "\n"],
  ...[
    "[INFO]: started\n",
    "[INFO]",
    "[1]: https://a.example\n",
    "[1]",
    "[a][1]",
    "![1]",
    "[1]: x\n",
  ],
  ...[
    "```\n",
    "```py\n",
    "```markdown\n",
    "~~~md\n",
    "~~~\n",
    "- ",
    "  ",
    "   ",
    "1. ",
    "> ",
    ">> ",
  ],
  ...[
    "$$\n",
    "\\[\n",
    "\\]\n",
    "$$",
    "\n\n",
    "\n",
    "\\begin{align}",
    "\\end{align}",
    "\\begin{a}\n",
  ],
  ...[
    "$HOME",
    "/$USER",
    "$5 ",
    "$n$th",
    "$x$",
    "$",
    "{A}",
    "$A",
    "\\(",
    "\\)",
    "\\$",
    "x",
    " ",
    "a b",
  ],
  ...["&amp;", "&#65;", "&#36;", "&copy;", "[a](<b c>)", "[a](#b)", "[a](https://a.b)", "<a@b.c>"],
  ...[
    "<br>",
    "<sub>",
    "</sub>",
    "<details>\n",
    "</details>\n",
    "# ",
    "---\n",
    "===\n",
    "[^1]",
    "[^1]: ",
  ],
];

export function makeModelDocument(next: () => number): string {
  const size = 2 + Math.floor(next() * 40);
  const pieces = next() < 0.7 ? MODEL_PIECES : [...MODEL_PIECES, ...PIECES];
  return Array.from({ length: size }, () => pieces[Math.floor(next() * pieces.length)]).join("");
}
