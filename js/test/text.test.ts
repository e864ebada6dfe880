import { beforeEach, describe, expect, test } from "vitest";
import { createRenderer, type Renderer } from "../src/text.js";

let el: HTMLElement;
let renderer: Renderer;

beforeEach(() => {
  el = document.createElement("div");
  renderer = createRenderer(el);
});

/** What a reader sees, line by line. */
const lines = () => [...el.querySelectorAll(".nbs-line")].map((line) => line.textContent);

const TEXT = "First line\n\n  indented\twith tab\n<b>&amp;</b> <script>x</script>\nlast 😀\n";

test("one block per line", () => {
  renderer.append(TEXT);
  renderer.finish();
  expect(lines()).toEqual(TEXT.split("\n").slice(0, -1));
});

test("the same by every split", () => {
  renderer.append(TEXT);
  renderer.finish();
  const whole = el.innerHTML;
  for (let at = 0; at <= TEXT.length; at++) {
    const other = document.createElement("div");
    const split = createRenderer(other);
    split.append(TEXT.slice(0, at));
    split.append(TEXT.slice(at));
    split.finish();
    expect(other.innerHTML).toBe(whole);
  }
});

test("the same character by character", () => {
  const other = document.createElement("div");
  const slow = createRenderer(other);
  for (const character of TEXT) slow.append(character);
  renderer.append(TEXT);
  expect(other.innerHTML).toBe(el.innerHTML);
});

test("an empty line is as high as others and is copied", () => {
  renderer.append("a\n\nb");
  expect(el.querySelectorAll(".nbs-line")[1]?.innerHTML).toBe("<br>");
});

test("markup is text", () => {
  renderer.append('<img src="x" onerror="alert(1)"><a href="javascript:1">x</a>');
  expect(el.querySelector("img, a, script")).toBeNull();
});

describe("pages", () => {
  test("of 40 lines; all but the last two stay out of layout", () => {
    for (let n = 0; n < 200; n++) renderer.append(`line ${n}\n`);
    const pages = [...el.children];
    expect(pages.map((page) => page.childElementCount)).toEqual([40, 40, 40, 40, 40]);
    expect(pages.map((page) => page.classList.contains("nbs-page-old"))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(lines()).toHaveLength(200);
  });

  test("finished lines are left alone", () => {
    renderer.append("one\ntwo\nthree");
    const [one, two] = el.querySelectorAll(".nbs-line");
    const text = two?.firstChild;
    renderer.append(" more\nfour\n");
    expect(el.querySelectorAll(".nbs-line")[0]).toBe(one);
    expect(el.querySelectorAll(".nbs-line")[1]?.firstChild).toBe(text);
    expect(lines()).toEqual(["one", "two", "three more", "four"]);
  });
});
