// @vitest-environment node
/** How much a widget weighs, and that the heavy parts are not in it. */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

async function bundle(entry: string): Promise<{ size: number; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
  });
  const size = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
  return { size, inputs: Object.keys(metafile.inputs) };
}

test.each([
  ["src/markdown/index.ts", 12_288],
  ["src/index.ts", 30_720],
])("%s: at most %i bytes, and nothing of others", async (entry, limit) => {
  const { size, inputs } = await bundle(entry);
  for (const file of inputs) expect(file).toMatch(/^src\/(?!parts\/)/);
  expect(size).toBeLessThanOrEqual(limit);
});
