/** Images: nothing is loaded without a click, and each click loads one. */

import { expect, test } from "vitest";
import { createRenderer } from "./html.js";

function start(text: string) {
  const el = document.createElement("div");
  const renderer = createRenderer(el);
  renderer.append(text);
  const button = () => el.querySelector<HTMLButtonElement>("button.nbs-image") as HTMLButtonElement;
  const image = () => el.querySelector<HTMLImageElement>("img") as HTMLImageElement;
  return { el, renderer, button, image };
}

const CHART = "![a *chart*](https://x.example/c.png 'T') ";

test("a button says what the image is, where it is, and what a click does", () => {
  const { el, button } = start(CHART);
  expect(button().type).toBe("button");
  expect(button().textContent).toBe("Image: a chart · x.example · click to load");
  expect(button().title).toBe("T\nhttps://x.example/c.png");
  expect(button().dataset).toMatchObject({ src: "https://x.example/c.png", alt: "a chart" });
  expect(el.querySelector("img, [src]")).toBeNull();
});

test("a click loads it, once", () => {
  const { el, button, image } = start(CHART);
  const clicked = button();
  clicked.click();
  clicked.click();
  expect(el.querySelectorAll("img")).toHaveLength(1);
  expect(image().parentNode).toBe(clicked);
  expect(image().src).toBe("https://x.example/c.png");
  expect(image().alt).toBe("a chart");
  expect(image().getAttribute("referrerpolicy")).toBe("no-referrer");
  expect(image().getAttribute("decoding")).toBe("async");
  image().dispatchEvent(new Event("load"));
  expect(el.querySelector("button")).toBeNull();
  expect(el.querySelector(".nbs-image")?.innerHTML).toBe(image().outerHTML);
});

test("what is loaded stays when the text around it changes", () => {
  const { el, renderer, button, image } = start(`Some *text* ${CHART}`);
  button().click();
  image().dispatchEvent(new Event("load"));
  const loaded = image();
  renderer.append("and **more\n");
  renderer.append("of** it");
  renderer.finish();
  expect(image()).toBe(loaded);
  expect(el.querySelectorAll("img, button")).toHaveLength(1);
});

test("an image that becomes another one is not loaded by itself", () => {
  const { el, renderer, button, image } = start("![a](https://x.example/c");
  expect(button().disabled).toBe(true);
  button().click();
  expect(el.querySelector("img")).toBeNull();
  renderer.append(") ");
  button().click();
  const old = image();
  renderer.append("![");
  renderer.append("b](https://x.example/d) ");
  expect(image()).toBe(old);
  expect(el.querySelectorAll(".nbs-image")).toHaveLength(2);
  expect(el.querySelectorAll("img")).toHaveLength(1);
});

test("a failure is said, and another click tries again", () => {
  const { button, image } = start(CHART);
  button().click();
  expect(button().textContent).toContain("loading");
  image().dispatchEvent(new Event("error"));
  expect(image()).toBeNull();
  expect(button().textContent).toBe("Image: a chart · x.example · could not be loaded");
  button().click();
  expect(image()).not.toBeNull();
});

test("a refused address is not clickable, one that has not arrived not yet", () => {
  const { el, renderer, button } = start("![a](javascript:alert(1)) ![b");
  const refused = el.querySelector(".nbs-refused");
  expect(refused?.localName).toBe("span");
  expect(refused?.textContent).toBe("Image: a");
  expect(button()).toBeNull();
  renderer.append(" is a chart");
  expect(button().textContent).toBe("Image: b is a chart");
  expect(button().disabled).toBe(true);
  const pending = button();
  renderer.append("](https://x.example/b.png)");
  expect(button()).toBe(pending);
  expect(button().disabled).toBe(false);
});

test("in a link, a click on the image does not follow the link until it is loaded", () => {
  const { el, button, image } = start("[![a](https://x.example/a.png)](https://y.example) ");
  const link = el.querySelector("a") as HTMLAnchorElement;
  expect(link.contains(button())).toBe(true);
  let followed = 0;
  link.addEventListener("click", (event) => {
    followed++;
    event.preventDefault();
  });
  button().click();
  expect(followed).toBe(0);
  image().dispatchEvent(new Event("load"));
  expect(link.contains(image())).toBe(true);
  image().click();
  expect(followed).toBe(1);
});
