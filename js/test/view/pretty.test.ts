import { expect, test } from "vitest";
import { createPretty } from "../../src/view/pretty.js";

const whole = (text: string) => createPretty()(text);
const byCharacter = (text: string) => {
  const write = createPretty();
  return Array.from(text, (character) => write(character)).join("");
};

test.each([
  {},
  [],
  { a: 1 },
  { a: [], b: {}, c: [1, [2, { d: null }]], e: 'x, {"y": [z]}', f: "\\", g: '\\"{' },
  ["", true, -1.5e3, "日本 😀"],
  { deep: [[[[[["x"]]]]]] },
])("JSON is written as usual: %j", (value) => {
  const wanted = JSON.stringify(value, null, 2);
  for (const text of [JSON.stringify(value), JSON.stringify(value, null, 7)]) {
    expect(whole(text)).toBe(wanted);
    expect(byCharacter(text)).toBe(wanted);
  }
});

test("every beginning of it is the beginning of what follows", () => {
  const text = JSON.stringify({ a: [1, { b: '"' }], c: "d" });
  const wanted = whole(text);
  for (let end = 0; end <= text.length; end++)
    expect(wanted.startsWith(whole(text.slice(0, end)))).toBe(true);
});

test("brackets that nothing opened, and no end of them, do no harm", () => {
  expect(whole("]]]}{")).toContain("{");
  expect(whole("[".repeat(5000)).length).toBeLessThan(5000 * 70);
});
