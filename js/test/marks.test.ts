/** Marks that are meant for the pages of the service that wrote the answer. */

import { expect, test } from "vitest";
import marks from "../../tests/fixtures/marks.json";
import { withoutMarks } from "../src/view/marks.js";

test.each(marks.map(({ text, shown }) => [text, shown] as const))("%j", (text, shown) => {
  // Whole, a character at a time, and in every two pieces.
  const splits = [...Array(text.length + 1).keys()].map((n) => [text.slice(0, n), text.slice(n)]);
  for (const pieces of [[text], text.split(""), ...splits]) {
    let written = "";
    const renderer = withoutMarks({
      append: (piece) => {
        written += piece;
      },
      finish() {},
    });
    for (const piece of pieces) renderer.append(piece);
    renderer.finish();
    expect(written).toBe(shown);
  }
});
