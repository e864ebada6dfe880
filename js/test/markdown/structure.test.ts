/**
 * The structure of what models write, as a fixture that the saved form is held to
 * (`tests/unit/test_structure.py`). `npx vitest run structure -u` writes it anew.
 */

import { expect, test } from "vitest";
import corpus from "../../../tests/fixtures/model_markdown.json";
import plain from "../../../tests/fixtures/plain_markdown.json";
import { makeDocument, makeModelDocument } from "./documents.js";
import { random } from "./html.js";
import { structureOf } from "./structure.js";

const next = random(20261129);
const RANDOM = Array.from({ length: 300 }, (_, n) =>
  (n % 3 ? makeModelDocument : makeDocument)(next),
);

test("the structure of the corpus and of random documents", async () => {
  const texts = [...[...corpus, ...plain].map(({ text }) => text), ...RANDOM];
  const lines = texts.map((text) => JSON.stringify([text, structureOf(text)]));
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(
    "../../../tests/fixtures/model_markdown.structure.jsonl",
  );
});
