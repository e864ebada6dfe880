// Builds ../nbstream/static/widget.js and widget.css; with --dev serves dev/harness.html instead.
import { context } from "esbuild";

const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "info",
};

if (process.argv.includes("--dev")) {
  const dev = await context({
    ...options,
    entryPoints: ["dev/harness.ts", "src/widget.css"],
    entryNames: "[name]",
    outdir: "dev",
    write: false,
    sourcemap: "inline",
  });
  await dev.serve({ host: "127.0.0.1", servedir: "dev" });
  console.log("harness.html?width=320&lab=dark");
} else {
  const build = await context({
    ...options,
    entryPoints: ["src/index.ts", "src/widget.css"],
    entryNames: "widget",
    outdir: "../nbstream/static",
    minify: true,
  });
  await build.rebuild();
  await build.dispose();
}
