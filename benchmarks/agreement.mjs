// How the live view's parser reads random documents: node benchmarks/agreement.mjs <count> <seed>
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

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
// A file, so that what goes wrong in it has a short name.
const file = join(await mkdtemp(join(tmpdir(), "agreement-")), "parser.mjs");
await writeFile(file, outputFiles[0].text);
const { makeDocument, makeModelDocument, random, structureOf } = await import(pathToFileURL(file));
await rm(dirname(file), { recursive: true });
const next = random(seed);
for (let n = 0; n < count; n++) {
  const text = (n % 3 ? makeModelDocument : makeDocument)(next);
  process.stdout.write(`${JSON.stringify([text, structureOf(text)])}\n`);
}
