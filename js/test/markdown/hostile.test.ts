/** Nothing in a text loads, runs, or leads anywhere but to the web, whatever part has arrived. */

import { expect, test } from "vitest";
import { allowedUrl, encodeUrl } from "../../src/markdown/url.js";
import { createRenderer } from "./html.js";

const URLS = [
  "javascript:alert(1)",
  "https://bank.example@evil.example",
  "HTTPS:bank.example@evil.example",
  "https:\\\\bank.example\\@evil.example@x",
  "http:///u:p@evil.example/a",
  "https://bank.exa\tmple@evil.example/",
  "JaVaScRiPt:alert(1)",
  "javascript&colon;alert(1)",
  "java&Tab;script:alert(1)",
  "java&#10;script:alert(1)",
  "&#1;javascript:alert(1)",
  "&#x6A;avascript:alert(1)",
  "\\javascript:alert(1)",
  "javascript\\:alert(1)",
  "%6aavascript:alert(1)",
  "vbscript:x",
  "data:text/html,<script>alert(1)</script>",
  "data:image/svg+xml;base64,PHN2Zz4=",
  "blob:https://a.b/c",
  "file:///etc/passwd",
  "view-source:https://a.b",
  "filesystem:https://a.b/c",
  "ftp://a.b",
  "//evil.example",
  "/\\evil.example",
  "/api/contents",
  "?token",
  "#id",
  "about:blank",
  "intent://a#Intent;end",
  "jupyter:x",
  "https:",
  "http://",
  "http://[",
  "",
];

const PLACES: ((url: string) => string)[] = [
  (url) => `[a](${url})`,
  (url) => `[a](<${url}>)`,
  (url) => `![a](${url})`,
  (url) => `[![a](${url})](${url})`,
  (url) => `<${url}>`,
  (url) => `[a]: ${url}\n\n[a] ![a]\n`,
  (url) => `[a]\n\n[a]: <${url}>\n`,
  (url) => `| a |\n|---|\n| [a](${url}) ${url} |\n`,
  (url) => `${url} www.${url}`,
];

const MARKUP = [
  "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> <svg/onload=alert(1)>",
  '<a href="javascript:alert(1)" id="x" name="y">x</a>\n<iframe srcdoc="x"></iframe>',
  '[a](https://a.b "\\" onmouseover=\\"alert(1)")',
  '[a](https://a.b/" onclick=alert(1))',
  '![" onerror="alert(1)](https://a.b/c.png)',
  '```js" onclick="alert(1)\nx\n```\n# a {#id}\n\n# a <a id=x>',
  "![a](https://a.b/c.png) ![a](https://a.b/?c=<b>document.cookie</b>)",
  "<style>@import 'https://a.b'</style>\n<link rel=stylesheet href=https://a.b>",
  "- [x] <input autofocus onfocus=alert(1)>",
  "&lt;script&gt;alert(1)&lt;/script&gt; \\<script>",
  "$<img src=x onerror=alert(1)>$ \\(<script>alert(1)</script>\\) $$\\href{javascript:alert(1)}{x}$$",
  "<sub onclick=alert(1)>x</sub> <kbd id=x>y</kbd> <br onload=alert(1)> <SUP><img src=x></SUP>",
  '[^<img/src=x>] [^"onclick=alert(1)] [^a](javascript:alert(1))',
];

const ELEMENTS =
  "p,h1,h2,h3,h4,h5,h6,ul,ol,li,blockquote,hr,pre,code,span,table,thead,tbody,tr,th,td,a,em,strong,del,br,input," +
  "button,sub,sup,kbd,div,section,details,summary,colgroup,col";
const ATTRIBUTES = new Set(
  "class,title,href,target,rel,role,data-src,data-alt,data-tex,data-tight,start,hidden,style,type,disabled,checked,open".split(
    ",",
  ),
);
const CLASSES = /^(?:nbs-[a-z-]+|language-\S*)$/;

function check(el: HTMLElement): void {
  for (const inner of el.querySelectorAll("*")) {
    expect(inner.matches(ELEMENTS), inner.localName).toBe(true);
    for (const { name, value } of inner.attributes) {
      expect(ATTRIBUTES.has(name), name).toBe(true);
      if (name === "href" || name === "data-src") expect(value).toMatch(/^(?:https?|mailto):/i);
      if (name === "style") expect(value).toMatch(/^(?:text-align: ?(?:left|center|right);)?$/);
    }
    for (const name of inner.classList) expect(name).toMatch(CLASSES);
    if (inner.hasAttribute("href")) {
      expect(inner.getAttribute("rel")).toBe("noopener noreferrer");
      expect(inner.getAttribute("target")).toBe("_blank");
      expect(inner.getAttribute("title")).toBeTruthy();
    }
  }
}

/** Clicks on all there is: each image that has an address is asked for once, and nothing else is. */
function clickAll(el: HTMLElement): void {
  const buttons = [...el.querySelectorAll<HTMLButtonElement>("button")];
  const allowed = buttons.filter((one) => one.dataset.src !== undefined && !one.disabled);
  // Links lead to other pages, which is none of the page's requests.
  el.addEventListener("click", (event) => event.preventDefault());
  for (const one of el.querySelectorAll<HTMLElement>("*")) one.click();
  const images = [...el.querySelectorAll("img")];
  expect(images.map((one) => one.parentNode)).toEqual(allowed);
  for (const one of images) {
    expect(one.src).toMatch(/^https?:/i);
    expect(one.src).toBe((one.parentNode as HTMLElement).dataset.src);
    expect(one.referrerPolicy).toBe("no-referrer");
  }
}

function checkPrefixes(text: string): void {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  for (const character of text) {
    renderer.append(character);
    check(el);
  }
  renderer.finish();
  check(el);
  clickAll(el);
}

test.each(URLS)("address %s", (url) => {
  expect(allowedUrl(url)).toBeNull();
  for (const place of PLACES) checkPrefixes(place(url));
});

test.each(MARKUP)("%s", checkPrefixes);

test("a character reference does not smuggle a user's name into an address", () => {
  const address = "https://bank.example&#64;evil.example";
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  renderer.append(`${address} <${address}> https://a.example/?b=1&amp;c=2`);
  renderer.finish();
  const hrefs = [...el.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  expect(hrefs).toEqual([null, null, "https://a.example/?b=1&c=2"]);
});

test.each([
  ["https://a.b/c?d=e#f", "https://a.b/c?d=e#f"],
  ["HTTP://a.b/ä b", "HTTP://a.b/%C3%A4%20b"],
  ["mailto:a@b.c", "mailto:a@b.c"],
  ["https://a.b/@c?d=@e", "https://a.b/@c?d=@e"],
  ["https://a.b/%20%2", "https://a.b/%20%252"],
  ["https://a.b/\ud800", "https://a.b/%EF%BF%BD"],
])("allowed: %s", (url, shown) => {
  expect(allowedUrl(url)).toBe(shown);
  expect(encodeUrl(shown)).toBe(shown);
});
