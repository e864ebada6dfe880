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
