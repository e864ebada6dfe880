// @vitest-environment node
/** How much a widget weighs, that the heavy parts are not in it, and that shortened names work. */

import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { Window } from "happy-dom";
import { afterEach, expect, test, vi } from "vitest";
import { bundle } from "../bundle.mjs";
import names from "../internal-names.json";

const CORE = 'export * from "./markdown/renderer.js";';
const EMBEDS = `${CORE} export * from "./markdown/embeds/create.js";`;
const WIDGET = 'export * from "./index.js";';

const made = (contents: string, shortened = true) =>
  bundle({ stdin: { contents, resolveDir: "src" } }, shortened);

test.each([
  ["the renderer alone", CORE, 12_288],
  ["the renderer and its embeds", EMBEDS, 15_000],
  ["the widget", WIDGET, 30_720],
])("%s", async (_, contents, limit) => {
  const { code, inputs } = await made(contents);
  for (const file of inputs) expect(file).toMatch(/^src\/(?!bundles\/)/);
  if (contents === CORE) expect(inputs.join()).not.toContain("embeds/");
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(limit);
});

afterEach(() => vi.unstubAllGlobals());

test("the names that are shortened are nobody else's", async () => {
  const window = new Window();
  const { Element, HTMLElement, HTMLDetailsElement, HTMLTableElement, Text, Range } = window;
  const platform = [Element, HTMLElement, HTMLDetailsElement, HTMLTableElement, Text, Range, Array];
  for (const name of names) {
    for (const type of [...platform, String, RegExp, Map, Set, Promise])
      expect(name in type.prototype, name).toBe(false);
    for (const type of [Array, Object, Promise, String, Number, Math, JSON, console])
      expect(name in type, name).toBe(false);
  }
  // Messages, and what the copies of this module on one page share: nothing outside of the renderer.
  const words = new RegExp(`[.#](?:${names.join("|")})\\b|\\b(?:${names.join("|")})\\??[:(]`);
  const files = await readdir("src", { recursive: true });
  const others = files.filter((file) => /^(?!markdown|bundles).*\.ts$/.test(file));
  expect(others).toContain("lazy/assets.ts");
  for (const file of [...others, "markdown/addons.ts"])
    expect(words.exec(await readFile(`src/${file}`, "utf8")), file).toBeNull();
  // In quotes they stay as they are, and are not found.
  const { code } = await made(WIDGET);
  const any = `(?:${names.join("|")})`;
  expect(code.match(new RegExp(`\\.${any}\\b|[{,]${any}:|"${any}" ?in\\b`))).toBeNull();
});

const TEXT = `# Title\n\n- [x] *one* **two** ~~three~~\n- [a] [b](https://x.example "t") ![c](https://x.example/c)

1) first\n\n   > quote & &amp; https://x.example\n\n| a | b |\n|:--|--:|\n| \`1\` | $x$ |

\`\`\`py\na = 1\n\nb\n\`\`\`\n\n    more\n\n$$\ny\n$$\n\n<details open>\n<summary>s</summary>\n\ntext[^n]

</details>\n\nx\n===\n\n[a]: https://y.example\n\n[^n]: note\n${"* item\n".repeat(150)}`;

test.each([CORE, EMBEDS])("with shortened names all is shown as without", async (contents) => {
  const window = new Window();
  const { document, DOMParser, HTMLElement, Text } = window;
  for (const [name, value] of Object.entries({ window, document, DOMParser, HTMLElement, Text }))
    vi.stubGlobal(name, value);
  const shown: string[] = [];
  for (const shortened of [true, false]) {
    const { code } = await made(contents, shortened);
    const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
    const { createRenderer, createEmbeds } = await import(/* @vite-ignore */ url);
    const el = document.createElement("div");
    const renderer = createRenderer(el, { embeds: createEmbeds?.() });
    for (const character of TEXT) renderer.append(character);
    renderer.finish();
    shown.push(el.outerHTML);
  }
  expect(shown[0]).toBe(shown[1]);
  for (const part of ["<thead>", "nbs-footnotes", "<details open", "nbs-goes-on", "language-py"])
    expect(shown[0]).toContain(part);
});
