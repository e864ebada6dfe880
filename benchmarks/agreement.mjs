// How the live view's parser reads random documents: node benchmarks/agreement.mjs <count> <seed>
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const js = fileURLToPath(new URL("../js/", import.meta.url));
const require = createRequire(`${js}package.json`);
const { build } = require("esbuild");
const { Window } = require("happy-dom");
const [count, seed] = process.argv.slice(2).map(Number);

// Names of characters are looked up by a page's parser.
globalThis.DOMParser = new Window().DOMParser;
const { outputFiles } = await build({
  stdin: {
    contents: ["structure", "documents", "html"].map((n) => `export * from "./${n}.ts";`).join(""),
    resolveDir: `${js}test/markdown`,
  },
  bundle: true,
  format: "esm",
  target: "es2022",
  write: false,
  logLevel: "warning",
});
const code = Buffer.from(outputFiles[0].text).toString("base64");
const { makeDocument, makeModelDocument, random, structureOf } = await import(
  `data:text/javascript;base64,${code}`
);
const next = random(seed);
for (let n = 0; n < count; n++) {
  const text = (n % 3 ? makeModelDocument : makeDocument)(next);
  process.stdout.write(`${JSON.stringify([text, structureOf(text)])}\n`);
}
