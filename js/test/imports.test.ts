/** Who may import whom: one direction, and only the outermost files know the widget's model. */

import { expect, test } from "vitest";

const sources = import.meta.glob<string>("../src/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

// In the order in which data flows: a package, or a file beside the packages, and what it may
// import, types included: only what stands above.
const ARROWS: Record<string, string[]> = {
  "protocol/": [],
  "host/": ["protocol/"],
  "store/": ["host/", "protocol/"],
  "markdown/url.ts": [],
  "markdown/addons.ts": [],
  "markdown/text/": [],
  "markdown/blocks/": ["markdown/text/"],
  "markdown/inlines/": ["markdown/blocks/", "markdown/text/"],
  "markdown/dom/": ["markdown/blocks/", "markdown/inlines/", "markdown/text/", "markdown/url.ts"],
  "markdown/renderer.ts": ["markdown/blocks/", "markdown/dom/", "markdown/text/"],
  // The renderer does without them.
  "markdown/embeds/": [
    "markdown/addons.ts",
    "markdown/blocks/",
    "markdown/dom/",
    "markdown/inlines/",
    "markdown/text/",
    "markdown/url.ts",
  ],
  "lazy/": ["host/", "markdown/addons.ts", "protocol/", "store/"],
  "handover/": [],
  "view/": [
    "handover/",
    "host/",
    "lazy/",
    "markdown/embeds/",
    "markdown/renderer.ts",
    "markdown/url.ts",
    "protocol/",
    "store/",
  ],
  // Bundles of their own, which travel with the widget's or are fetched when they are needed.
  "notebook/": ["host/", "protocol/", "store/", "view/"],
  "bundles/highlight/": ["markdown/addons.ts", "@codemirror/"],
  "bundles/math/": ["markdown/addons.ts", "temml"],
  "bundles/copier/": ["lazy/", "markdown/dom/"],
  "bundles/inspector/": ["lazy/", "markdown/embeds/", "protocol/", "store/", "view/"],
  "index.ts": ["handover/", "host/", "lazy/", "notebook/", "store/", "view/"],
  "loader.ts": ["index.ts", "notebook/"],
};

const ruleOf = (file: string) =>
  /^(?:(?:markdown|bundles)\/[\w-]+|(?!markdown)@?[\w-]+)\//.exec(file)?.[0] ?? file;

function importsOf(file: string, source: string): string[] {
  return [...source.matchAll(/^(?:import|export)\b[^;]*?from\s+"([^"]+)"/gm)].map(([, path]) => {
    if (!path?.startsWith(".")) return path ?? "";
    const url = new URL(path, `https://x/${file}`);
    return url.pathname.slice(1).replace(/\.js$/, ".ts");
  });
}

const files = Object.entries(sources).map(
  ([path, source]) => [path.replace("../src/", ""), source] as const,
);

test.each(files)("%s", (file, source) => {
  const own = ruleOf(file);
  expect(ARROWS).toHaveProperty([own]);
  for (const target of importsOf(file, source))
    expect([own, ...(ARROWS[own] ?? [])]).toContain(ruleOf(target));
});

test("the arrows point one way, between packages that exist", () => {
  const order = Object.keys(ARROWS);
  expect([...new Set(files.map(([file]) => ruleOf(file)))].sort()).toEqual([...order].sort());
  for (const [place, name] of order.entries())
    for (const target of ARROWS[name] ?? [])
      if (/\.ts$|^(?!@).*\/$/.test(target)) expect(order.slice(0, place)).toContain(target);
});

test("imports are seen", () => {
  const [file, source] = files.find(([name]) => name === "store/store.ts") ?? ["", ""];
  expect(importsOf(file, source)).toEqual(
    expect.arrayContaining(["host/clock.ts", "protocol/messages.ts", "store/reduce.ts"]),
  );
});

test("no file imports itself by way of others", () => {
  const imports = new Map(files.map(([file, source]) => [file, importsOf(file, source)]));
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    expect(path, [...path, file].join(" -> ")).not.toContain(file);
    if (done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const [file] of files) visit(file, []);
});

test("no HTML from strings anywhere", () => {
  for (const [file, source] of files) {
    expect(source, file).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
    // Names of characters alone go through the platform's parser.
    if (file !== "markdown/text/entities.ts") expect(source, file).not.toContain("DOMParser");
  }
});

test("only index.ts, loader.ts and handover.ts name the widget's manager and model", () => {
  for (const [file, source] of files) {
    if (!["index.ts", "loader.ts", "handover/handover.ts"].includes(file))
      expect(source, file).not.toMatch(/widget_manager|msg:custom/);
  }
});
