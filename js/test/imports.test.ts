/** Who may import whom: one direction, and only the outermost files know the widget's model. */

import { expect, test } from "vitest";

const sources = import.meta.glob<string>("../src/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

const MAY_IMPORT: Record<string, string[]> = {
  "cell.ts": [],
  "clock.ts": [],
  "channel.ts": ["control.ts", "requests.ts"],
  "checks.ts": [],
  "control.ts": ["protocol.ts", "requests.ts"],
  "protocol.ts": ["checks.ts"],
  "requests.ts": ["protocol.ts"],
  "place.ts": ["still.ts"],
  "still.ts": [],
  "swap.ts": ["place.ts"],
  "markdown/": ["markdown/"],
  // The renderer does without them.
  "markdown/embeds/": ["markdown/", "markdown/embeds/"],
  "reduce.ts": ["protocol.ts"],
  "page.ts": ["protocol.ts"],
  "greeting.ts": ["channel.ts", "clock.ts", "page.ts", "requests.ts"],
  "outputs.ts": ["cell.ts", "channel.ts", "protocol.ts", "remains.ts", "requests.ts", "store.ts"],
  "remains.ts": ["reduce.ts", "store.ts", "view/"],
  // A bundle of its own, which travels with the widget's.
  "notebook.ts": ["control.ts", "document.ts", "outputs.ts"],
  "document.ts": ["control.ts"],
  "store.ts": [
    "channel.ts",
    "clock.ts",
    "control.ts",
    "greeting.ts",
    "page.ts",
    "protocol.ts",
    "reduce.ts",
    "requests.ts",
  ],
  "images.ts": ["channel.ts", "clock.ts", "protocol.ts", "requests.ts"],
  "assets.ts": ["channel.ts", "clock.ts", "heavy.ts", "protocol.ts", "requests.ts"],
  "heavy.ts": ["markdown/parts.ts", "store.ts"],
  // Bundles of their own, fetched when they are needed: nobody imports them.
  "parts/": [
    "heavy.ts",
    "markdown/parts.ts",
    "markdown/write.ts",
    "parts/",
    "@codemirror/",
    "temml",
  ],
  "inspector/": [
    "checks.ts",
    "heavy.ts",
    "protocol.ts",
    "requests.ts",
    "store.ts",
    "view/dom.ts",
    "markdown/embeds/clipboard.ts",
    "inspector/",
  ],
  "view/": [
    "clock.ts",
    "heavy.ts",
    "images.ts",
    "protocol.ts",
    "reduce.ts",
    "store.ts",
    "still.ts",
    "markdown/",
    "markdown/embeds/",
    "view/",
  ],
  "loader.ts": ["index.ts", "notebook.ts"],
  "index.ts": [
    "assets.ts",
    "channel.ts",
    "clock.ts",
    "control.ts",
    "images.ts",
    "notebook.ts",
    "store.ts",
    "swap.ts",
    "view/",
  ],
};

const ruleOf = (file: string) =>
  /^(?:view|markdown(?:\/embeds)?|parts|inspector|@codemirror)\//.exec(file)?.[0] ?? file;

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
  const allowed = MAY_IMPORT[ruleOf(file)];
  expect(allowed, "every file has a rule").toBeDefined();
  for (const target of importsOf(file, source))
    if (!allowed?.includes(target)) expect(allowed).toContain(ruleOf(target));
});

test("the rules are about files that exist, and imports are seen", () => {
  const rules = new Set(files.map(([file]) => ruleOf(file)));
  expect([...rules].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  const store = files.find(([file]) => file === "store.ts");
  expect(importsOf("store.ts", store?.[1] ?? "")).toEqual(
    expect.arrayContaining(["clock.ts", "protocol.ts", "reduce.ts"]),
  );
});

test("no HTML from strings anywhere", () => {
  for (const [file, source] of files) {
    expect(source, file).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
    // Names of characters alone go through the platform's parser.
    if (file !== "markdown/entities.ts") expect(source, file).not.toContain("DOMParser");
  }
});

test("only index.ts, loader.ts and swap.ts name the widget's manager and model", () => {
  for (const [file, source] of files) {
    if (!["index.ts", "loader.ts", "swap.ts"].includes(file))
      expect(source, file).not.toMatch(/widget_manager|msg:custom/);
  }
});
