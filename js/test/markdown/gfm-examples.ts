/** The examples of GitHub Flavored Markdown's extensions, from its specification. */

export interface Example {
  readonly section: string;
  readonly markdown: string;
  readonly html: string;
}

const link = (href: string, text = href) =>
  `<a href="${href.replaceAll("&", "&amp;")}">${text.replaceAll("&", "&amp;")}</a>`;
const www = (address: string) => link(`http://${address}`, address);
const mail = (address: string) => link(`mailto:${address}`, address);
const table = (head: string, body: string) =>
  `<table><thead>${head}</thead>${body && `<tbody>${body}</tbody>`}</table>`;
const HEAD = "<tr><th>abc</th><th>def</th></tr>";
const row = (...cells: string[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
const box = (checked: boolean) =>
  `<input${checked ? ' checked=""' : ""} disabled="" type="checkbox">`;

const tables: [string, string][] = [
  [
    "| foo | bar |\n| --- | --- |\n| baz | bim |\n",
    table("<tr><th>foo</th><th>bar</th></tr>", row("baz", "bim")),
  ],
  [
    "| abc | defghi |\n:-: | -----------:\nbar | baz\n",
    table(
      '<tr><th align="center">abc</th><th align="right">defghi</th></tr>',
      '<tr><td align="center">bar</td><td align="right">baz</td></tr>',
    ),
  ],
  [
    "| f\\|oo  |\n| ------ |\n| b `\\|` az |\n| b **\\|** im |\n",
    table("<tr><th>f|oo</th></tr>", row("b <code>|</code> az") + row("b <strong>|</strong> im")),
  ],
  [
    "| abc | def |\n| --- | --- |\n| bar | baz |\n> bar\n",
    `${table(HEAD, row("bar", "baz"))}<blockquote><p>bar</p></blockquote>`,
  ],
  [
    "| abc | def |\n| --- | --- |\n| bar | baz |\nbar\n\nbar\n",
    `${table(HEAD, row("bar", "baz") + row("bar", ""))}<p>bar</p>`,
  ],
  ["| abc | def |\n| --- |\n| bar |\n", "<p>| abc | def |\n| --- |\n| bar |</p>"],
  [
    "| abc | def |\n| --- | --- |\n| bar |\n| bar | baz | boo |\n",
    table(HEAD, row("bar", "") + row("bar", "baz")),
  ],
  ["| abc | def |\n| --- | --- |\n", table(HEAD, "")],
];

const tasks: [string, string][] = [
  ["- [ ] foo\n- [x] bar\n", `<ul><li>${box(false)} foo</li><li>${box(true)} bar</li></ul>`],
  [
    "- [x] foo\n  - [ ] bar\n  - [x] baz\n- [ ] bim\n",
    `<ul><li>${box(true)} foo<ul><li>${box(false)} bar</li><li>${box(true)} baz</li></ul></li><li>${box(false)} bim</li></ul>`,
  ],
];

const strikethrough: [string, string][] = [
  ["~~Hi~~ Hello, ~there~ world!\n", "<p><del>Hi</del> Hello, <del>there</del> world!</p>"],
  ["This ~~has a\n\nnew paragraph~~.\n", "<p>This ~~has a</p><p>new paragraph~~.</p>"],
  ["This will ~~~not~~~ strike.\n", "<p>This will ~~~not~~~ strike.</p>"],
];

const autolinks: [string, string][] = [
  ["www.commonmark.org\n", `<p>${www("www.commonmark.org")}</p>`],
  [
    "Visit www.commonmark.org/help for more information.\n",
    `<p>Visit ${www("www.commonmark.org/help")} for more information.</p>`,
  ],
  [
    "Visit www.commonmark.org.\n\nVisit www.commonmark.org/a.b.\n\nVisit www.commonmark.org/~jm/foo/bar.pdf.\n",
    `<p>Visit ${www("www.commonmark.org")}.</p><p>Visit ${www("www.commonmark.org/a.b")}.</p><p>Visit ${www("www.commonmark.org/~jm/foo/bar.pdf")}.</p>`,
  ],
  [
    "www.google.com/search?q=Markup+(business)\n\nwww.google.com/search?q=Markup+(business)))\n\n(www.google.com/search?q=Markup+(business))\n\n(www.google.com/search?q=Markup+(business)\n",
    `<p>${www("www.google.com/search?q=Markup+(business)")}</p><p>${www("www.google.com/search?q=Markup+(business)")}))</p><p>(${www("www.google.com/search?q=Markup+(business)")})</p><p>(${www("www.google.com/search?q=Markup+(business)")}</p>`,
  ],
  [
    "www.google.com/search?q=(business))+ok\n",
    `<p>${www("www.google.com/search?q=(business))+ok")}</p>`,
  ],
  [
    "www.google.com/search?q=commonmark&hl=en\n\nwww.google.com/search?q=commonmark&hl;\n",
    `<p>${www("www.google.com/search?q=commonmark&hl=en")}</p><p>${www("www.google.com/search?q=commonmark")}&amp;hl;</p>`,
  ],
  ["www.commonmark.org/he<lp\n", `<p>${www("www.commonmark.org/he")}&lt;lp</p>`],
  [
    "http://commonmark.org\n\n(Visit https://encrypted.google.com/search?q=Markup+(business))\n\nAnonymous FTP is available at ftp://foo.bar.baz.\n",
    `<p>${link("http://commonmark.org")}</p><p>(Visit ${link("https://encrypted.google.com/search?q=Markup+(business)")})</p><p>Anonymous FTP is available at ${link("ftp://foo.bar.baz")}.</p>`,
  ],
  ["foo@bar.baz\n", `<p>${mail("foo@bar.baz")}</p>`],
  [
    "hello@mail+xyz.example isn't valid, but hello+xyz@mail.example is.\n",
    `<p>hello@mail+xyz.example isn't valid, but ${mail("hello+xyz@mail.example")} is.</p>`,
  ],
  [
    "a.b-c_d@a.b\n\na.b-c_d@a.b.\n\na.b-c_d@a.b-\n\na.b-c_d@a.b_\n",
    `<p>${mail("a.b-c_d@a.b")}</p><p>${mail("a.b-c_d@a.b")}.</p><p>a.b-c_d@a.b-</p><p>a.b-c_d@a.b_</p>`,
  ],
  [
    "[a link](http://www.google.com/)stuff?\n",
    `<p>${link("http://www.google.com/", "a link")}stuff?</p>`,
  ],
];

export const EXAMPLES: Example[] = Object.entries({
  tables,
  tasks,
  strikethrough,
  autolinks,
}).flatMap(([section, examples]) =>
  examples.map(([markdown, html]) => ({ section, markdown, html })),
);
