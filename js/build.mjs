/**
 * Builds ../nbstream/static: the widget, its heavy parts, the font for mathematics, and the notices
 * of what others wrote in them. With --dev serves dev/harness.html instead.
 */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { bundle, options } from "./bundle.mjs";

const STATIC = "../nbstream/static";
const FONT = "@fontsource/stix-two-math";
const FONT_FILE = `node_modules/${FONT}/files/stix-two-math-latin-400-normal.woff2`;

/**
 * CodeMirror's files of many dialects make each of them by a call at the top level, which a bundler
 * has to keep. In a function that is marked as pure, those that nobody imports can go.
 */
const dialects = {
  name: "dialects",
  setup({ onLoad }) {
    const made = /^(export const \w+ = )(\w+\((?:.*\)$|\{[\s\S]*?^\}\)))/gm;
    onLoad({ filter: /legacy-modes\/mode\/\w+\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(made, "$1/* @__PURE__ */ (() => $2)()"),
    }));
  },
};

/** The packages that are in `inputs`, as esbuild names files. */
function packagesIn(inputs) {
  const names = inputs.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(names)].filter(Boolean);
}

/** The licence of each package, and what its files say in comments about other authors. */
async function notices(inputs) {
  const parts = [
    "nbstream's front end contains the works of others listed here, in highlight.js (CodeMirror),\n" +
      "math.js (Temml) and math-font.woff2 (the font).",
  ];
  for (const name of [...packagesIn(inputs), FONT].sort()) {
    const folder = `node_modules/${name}`;
    const { version } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    parts.push(`${name} ${version}`, (await readFile(`${folder}/LICENSE`, "utf8")).trim());
    for (const file of inputs.filter((input) => input.includes(`${folder}/`))) {
      const text = await readFile(file, "utf8");
      for (const [comment] of text.matchAll(/\/\*[\s\S]*?\*\//g))
        if (/Copyright/.test(comment)) parts.push(`Parts of ${name}:`, comment);
    }
  }
  if (parts.some((part) => part.includes("Apache License")))
    parts.push(await readFile("licenses/Apache-2.0.txt", "utf8"));
  return `${parts.join("\n\n----\n\n")}\n`;
}

function report(name, bytes) {
  const zipped = gzipSync(bytes, { level: 9 }).length;
  console.log(`${name.padEnd(18)}${String(bytes.length).padStart(8)} B, gzip ${zipped} B`);
}

async function buildAll() {
  await mkdir(STATIC, { recursive: true });
  for (const [name, entry] of [
    ["widget.js", "src/index.ts"],
    ["loader.js", "src/loader.ts"],
  ])
    await writeFile(`${STATIC}/${name}`, (await bundle({ entryPoints: [entry] })).code);
  // It becomes one module with the widget's code, and may share no name with it.
  const notebook = {
    entryPoints: ["src/notebook/notebook.ts"],
    format: "iife",
    globalName: "notebook",
  };
  const { code } = await bundle(notebook, false);
  await writeFile(`${STATIC}/notebook.js`, `${code}export{notebook};`);
  const minified = { ...options, logLevel: "warning", minify: true, outdir: STATIC };
  await build({ ...minified, entryPoints: ["src/widget.css"] });
  const { metafile } = await build({
    ...minified,
    metafile: true,
    entryPoints: ["src/bundles/highlight/highlight.ts", "src/bundles/math/math.ts"],
    entryNames: "[name]",
    plugins: [dialects],
  });
  for (const [name, entry] of [
    ["copier.js", "src/bundles/copier/copier.ts"],
    ["inspector.js", "src/bundles/inspector/inspector.ts"],
  ])
    await writeFile(`${STATIC}/${name}`, (await bundle({ entryPoints: [entry] }, false)).code);
  await copyFile(FONT_FILE, `${STATIC}/math-font.woff2`);
  const text = await notices(Object.keys(metafile.inputs));
  await writeFile(`${STATIC}/THIRD_PARTY_LICENSES.txt`, text);

  // The Markdown renderer has limits of its own, alone and with its embeds.
  const exports = ["./renderer.js", "./embeds/create.js"].map((file) => `export * from "${file}";`);
  for (const [name, contents] of [
    ["(markdown)", exports[0]],
    ["(and its embeds)", exports.join("")],
  ]) {
    const { code } = await bundle({ stdin: { contents, resolveDir: "src/markdown" } });
    report(name, Buffer.from(code));
  }
  for (const name of [
    "loader.js",
    "widget.js",
    "notebook.js",
    "widget.css",
    "highlight.js",
    "math.js",
    "copier.js",
    "inspector.js",
    "math-font.woff2",
  ])
    report(name, await readFile(`${STATIC}/${name}`));
}

if (process.argv.includes("--dev")) {
  const dev = await context({
    ...options,
    logLevel: "info",
    entryPoints: ["dev/harness.ts", "src/widget.css"],
    entryNames: "[name]",
    outdir: "dev",
    write: false,
    sourcemap: "inline",
  });
  await dev.serve({ host: "127.0.0.1", servedir: "dev" });
  console.log("harness.html?width=320&lab=dark");
} else await buildAll();
