/** Texts that make a careless renderer slow. */

function numbered(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join("");
}

const LINE = "word *em* `c` and some more text, as long as a line of an answer is at times ";

/** Inputs by name; `scale` shortens all of them. */
export function hostile(scale: number): Record<string, string> {
  const times = (piece: string, count: number) => piece.repeat(Math.ceil(count * scale));
  const some = (count: number, make: (index: number) => string) =>
    numbered(Math.ceil(count * scale), make);
  return {
    "quotes in quotes": times("> ", 5000),
    "quotes in quotes, 200 lines": times(`${"> ".repeat(100)}a\n`, 200),
    "lists in lists": times("- ", 5000),
    "lists in lists, a line each": some(300, (n) => `${"  ".repeat(n)}- a\n`),
    "open brackets": times("[", 50_000),
    "open images": times("![", 25_000),
    "brackets and a link": `${times("[", 25_000)}a${times("](b)", 6000)}`,
    "half links": times("[a](<b", 8000),
    "half titles": times('[a](b "c ', 5500),
    "open emphasis": times("*_", 25_000),
    "emphasis that may match": times("*a_ ", 12_500),
    "emphasis in emphasis": `${times("*a **a ", 4000)}${times("a** a*", 4000)}`,
    tildes: times("~a ~~b ", 7000),
    "tildes only": times("~~ ", 17_000),
    "runs of backticks": some(315, (n) => `a${"`".repeat(n)}`),
    dollars: times("$a ", 17_000),
    "dollars in pairs": times("$$ a ", 10_000),
    "TeX brackets": times("\\( \\[ ", 7000),
    "lazy quotes": times("> a\nb\n", 8500),
    "less-than signs": times("<", 50_000),
    "half autolinks": times("<a:b", 12_500),
    "HTML tags": times("<div><b>", 6000),
    "details in details": times("<details><summary>", 2700),
    "line breaks in HTML": times("<br>", 12_500),
    ampersands: times("&", 50_000),
    "half entities": times("&#1234&a", 6000),
    pipes: times("|", 50_000),
    "rows of pipes": `|a|b|\n|-|-|\n${times(`${"|".repeat(500)}\n`, 100)}`,
    "wide table": `${times("|a", 5000)}\n${times("|-", 5000)}\n${times("|b", 5000)}\n`,
    backslashes: times("\\", 50_000),
    "half definitions": times("[x]: ", 10_000),
    definitions: some(1700, (n) => `[${n}]: https://x.example/${n}\n`),
    "definitions at the end": `${some(1700, (n) => `[${n}] a\n\n`)}${some(1700, (n) => `[${n}]: u\n\n`)}`,
    "one definition, many links": `${times("[x] ", 12_500)}\n\n[x]: https://x.example\n`,
    "footnote references": times("[^1]", 12_500),
    footnotes: `${some(2500, (n) => `a[^${n}] `)}\n\n${some(2500, (n) => `[^${n}]: b\n\n`)}`,
    addresses: times("https://a.b/(c) ", 3100),
    "an address of parentheses": `https://a.b/${times(")", 50_000)}`,
    "signs of mail": times("a@", 25_000),
    "numbers with hyphens": times("- ", 25_000),
    "hashes at the end": `# a${times(" #", 25_000)} b`,
    spaces: `a${times(" ", 50_000)}b`,
    "empty lines": times("\n", 50_000),
    "one line of words, 400 KB": times(LINE, 5200),
    "one word, 400 KB": times("a", 400_000),
    "one paragraph, 400 KB": times(`${LINE.trim()}\n`, 5200),
    "10,000 list items": times("- an item of the list\n", 10_000),
    "list that turns loose": `${times("- an item\n", 5000)}\n- the last\n`,
    "5,000-row table": `|a|b|\n|-|-|\n${times("| a cell | **b** |\n", 5000)}`,
    "one line of code, 400 KB": `\`\`\`python\n${times("x = f(1) + ", 36_000)}\n\`\`\`\n`,
    "10,000 lines of code": `\`\`\`python\n${times("x = f(1) + 'a'\n", 10_000)}\`\`\`\n`,
    "open string in code": `\`\`\`js\nx = \`${times("a ${b\n", 10_000)}`,
    fences: times("```\n", 12_500),
    "indented code": times("    a\n\n", 8000),
  };
}
