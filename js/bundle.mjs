/** Makes the front end's own bundles as small as they get: a page loads them, and notebooks keep one. */
import { readFile } from "node:fs/promises";
import { build } from "esbuild";
import { minify } from "terser";

/**
 * Names of properties that only the Markdown renderer has, not the page, a message, another bundle,
 * nor what the copies of this bundle on one page share: they are shortened.
 */
const NAMES = JSON.parse(await readFile(new URL("internal-names.json", import.meta.url), "utf8"));

/** What all bundles have in common. */
export const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
};

/**
 * The code of one bundle, and the files that it is made of.
 *
 * @param {import("esbuild").BuildOptions} input
 */
export async function bundle(input, shortened = true) {
  const { outputFiles, metafile } = await build({
    ...options,
    ...input,
    ...(shortened && { mangleProps: new RegExp(`^(?:${NAMES.join("|")})$`) }),
    logLevel: "warning",
    minify: true,
    metafile: true,
    write: false,
  });
  // Both: esbuild shortens the names of properties, and terser finds more to leave out.
  const { code = "" } = await minify(outputFiles[0].text, {
    module: input.format !== "iife",
    ecma: 2020,
    compress: { passes: 2, lhs_constants: false },
  });
  return { code, inputs: Object.keys(metafile.inputs).filter((file) => file !== "<stdin>") };
}
