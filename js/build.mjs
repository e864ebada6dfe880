// Builds ../nbstream/static/widget.js and widget.css. `--watch` rebuilds on change.
import { context } from "esbuild";

const build = await context({
  entryPoints: { widget: "src/index.ts", "widget.css": "src/widget.css" },
  outdir: "../nbstream/static",
  entryNames: "widget",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "info",
});
if (process.argv.includes("--watch")) {
  await build.watch();
} else {
  await build.rebuild();
  await build.dispose();
}
