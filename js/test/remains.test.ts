import { describe, expect, test } from "vitest";
import { remainsOf } from "../src/notebook/remains.js";
import { delta, opened, openStore, status } from "./fakes.js";

const MARKDOWN = "text/markdown";

/** What is kept of a stream that had these parts when its kernel was restarted. */
function lost(...parts: [type: string, text: string, info?: object][]) {
  const { store, channel, clock, emit } = openStore({ ...opened, stream: "s1" });
  emit(status(2, "in_progress", { timing: { elapsed: 1 }, model: "gpt-5.2" }));
  const ops = parts.map(([type, text, info], n) => ({
    ...{ part: `${type}:${n}`, type, offset: 0, text },
    ...(info && { info }),
  }));
  emit({ ...delta(3, 0, ""), ops });
  channel.news("restarted");
  return remainsOf(store.state, store.local, clock.now());
}

test("the text as it was written, and how it ended", () => {
  const kept = lost(["text", "Some **words**,\n\n  and `code`: café 😀"]);
  expect(kept).toEqual({
    "text/plain":
      "Some **words**,\n\n  and `code`: café 😀\n\n[gpt-5.2 · 1.0 s · lost: the kernel was restarted]",
    [MARKDOWN]:
      "<pre>\nSome &#42;&#42;words&#42;&#42;,\n\n  and &#96;code&#96;: café 😀\n</pre>\n\n" +
      "<sub>gpt-5.2 · 1.0 s · lost: the kernel was restarted</sub>",
  });
});

test("reasoning and calls are folded, and what is empty is left out", () => {
  const kept = lost(
    ["reasoning", "Hm.", { seconds: 2 }],
    ["text", ""],
    ["tool", '{"a": 1}', { name: "look_up" }],
    ["text", "So."],
  );
  expect(kept["text/plain"]).toMatch(/^\[look_up\] \{"a": 1\}\n\nSo\.\n\n\[gpt/);
  const folds = [...kept[MARKDOWN].matchAll(/<summary>(.*)<\/summary>/g)].map(([, title]) => title);
  expect(folds).toEqual(["reasoned for 2.0 s", "look<span>&#95;</span>up"]);
  expect(kept[MARKDOWN].match(/<pre>/g)).toHaveLength(3);
});

test("what a tool gave back, and what the text cites", () => {
  const sources = [{ url: "https://a.example/b", title: "A *page*" }, { url: "https://c.example" }];
  const kept = lost(
    ["tool", '{"a": 1}', { name: "look", result: "<b>found</b>" }],
    ["tool", "", { name: "fail", error: "no such page" }],
    ["text", "So.", { sources }],
  );
  const shown = new DOMParser().parseFromString(kept[MARKDOWN], "text/html");
  const folds = [...shown.querySelectorAll("details")].map((fold) => fold.textContent?.trim());
  expect(folds).toEqual([
    'look\n\n\n{"a": 1}\n\n<b>found</b>',
    "fail\n\n\nno such page",
    "Sources\n\n\n1. A *page* https://a.example/b\n2. https://c.example",
  ]);
  expect(kept["text/plain"]).toMatch(/^\[look\] \{"a": 1\}\n\n\[fail\]\n\nSo\.\n\n\[/);
});

test("images that are here are embedded, and nothing else is taken for one", () => {
  const { store, clock, emit } = openStore({ ...opened, stream: "s1" });
  const ops = ["a", "b", "c"].map((part) => ({ part, type: "image", offset: 0, text: "" }));
  emit({ ...delta(2, 0, ""), ops });
  const file = new Uint8Array([0, 0x89, 0x50, 0x4e, 0x47, ...Array(20_000).fill(7)]);
  const page = new TextEncoder().encode("<script>");
  const pictures = new Map([
    ["a", { format: "png", bytes: new DataView(file.buffer, 1) }],
    ["b", { format: "png", bytes: new DataView(page.buffer) }],
  ]);
  const kept = remainsOf(store.state, store.local, clock.now(), pictures);
  const [image, ...others] = kept[MARKDOWN].split("\n\n");
  const [, encoded] =
    /^!\[Image made by the model\]\(data:image\/png;base64,(.*)\)$/.exec(image ?? "") ?? [];
  expect(Buffer.from(encoded ?? "", "base64")).toEqual(Buffer.from(file.subarray(1)));
  expect(others.slice(0, 2)).toEqual(Array(2).fill("*an image that did not arrive*"));
});

describe("nothing in it can be more than text", () => {
  const hostile = [
    "<script>alert(1)</script></pre><img src=x onerror=alert(1)>",
    "```mermaid\n![](https://x.example)\n```\n$$\\require{x}$$ \\[ \\begin{a} @@0@@",
    "</details>\n\n# [x](javascript:alert(1)) <!-- ~~~ | a |\n|--|",
    "&lt;b&gt; &#60;script> *a* _b_ ^c^",
  ];
  test.each(hostile)("%s", (text) => {
    const tool = ["tool", text, { name: text }] as [string, string, object];
    const { [MARKDOWN]: kept } = lost(["text", text], ["reasoning", text], tool);
    const ours = /<\/?(?:pre|details|summary|sub|span)>|&#\d+;/g;
    const rest = kept.replace(ours, "");
    expect(rest).not.toMatch(/[<>&#$*_`~@[\]\\{}|^]/);
    const shown = new DOMParser().parseFromString(kept, "text/html");
    const pres = [...shown.querySelectorAll("pre")].map((pre) => pre.textContent?.trim());
    expect(pres).toEqual([text, text, text]);
    expect(shown.body.querySelectorAll(":not(span)")).toHaveLength(3 + 4 + 1);
    // MathJax leaves preformatted text alone, and finds nothing in a single character.
    for (const pre of shown.querySelectorAll("pre")) pre.remove();
    for (const span of shown.querySelectorAll("span")) {
      expect(span.textContent).toHaveLength(1);
      span.remove();
    }
    expect(shown.body.textContent).not.toMatch(/[$\\]/);
  });

  test("a name does not reorder the words beside it", () => {
    const kept = lost(["tool", "{}", { name: "a\u202eb\nc" }]);
    expect(kept["text/plain"]).toMatch(/^\[a\\u202eb c\] \{\}\n/);
    expect(kept[MARKDOWN]).not.toContain("\u202e");
  });

  test("what no file can hold, and what ends a line elsewhere", () => {
    const kept = lost(["text", "a\x00b\ud83dc\r\nd\u2028e\tf"]);
    expect(kept["text/plain"]).toMatch(/^a\ufffdb\ufffdc\nd\ne\tf\n/);
  });
});

test("an ended stream whose outputs never heard of it keeps its end", () => {
  const { store, clock, emit } = openStore({ ...opened, stream: "s1" });
  emit(delta(2, 0, "Hi"), status(3, "failed", { error: { type: "E", message: "no *more*" } }));
  const kept = remainsOf(store.state, store.local, clock.now());
  expect(kept["text/plain"]).toMatch(/^Hi\n\nE: no \*more\*\n\n\[gpt-5.2 · failed\]$/);
});
