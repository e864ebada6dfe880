// Bundles the page of the benchmarks: node benchmarks/bundle.mjs <folder>
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const js = fileURLToPath(new URL("../js/", import.meta.url));
const { build } = createRequire(`${js}package.json`)("esbuild");
const highlight = `${js}src/bundles/highlight/highlight.ts`;

await build({
  entryPoints: {
    page: fileURLToPath(new URL("page/main.ts", import.meta.url)),
    style: `${js}src/widget.css`,
    // Optional, as it is in a notebook.
    ...(existsSync(highlight) && { highlight }),
  },
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
  // The packages are the front end's.
  nodePaths: [`${js}node_modules`],
});
