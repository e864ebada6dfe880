/** Images: a button says what one is and where it would come from; only a click on it loads it. */

import { setText, titleOf } from "../dom/inlines.js";
import type { Shown, Target } from "../dom/node.js";
import { plainText } from "../inlines/inline.js";
import { hostOf } from "../url.js";

/** Makes `one` show `image`; one that was loaded stays as it is while its target is the same. */
export function updateImage(
  one: Shown,
  image: Target,
  url: (address: string) => string | null,
): void {
  const { href, children } = image;
  const alt = plainText(children);
  let el = one.node as HTMLElement;
  const title = titleOf(image);
  if (one.item && el.title === title && el.dataset.alt === alt) return;
  const src = url(href);
  // No address at all: it is still to come.
  const refused = src === null && href !== "";
  const name = refused ? "span" : "button";
  if (el.localName !== name || el.firstElementChild) {
    el = document.createElement(name);
    if (!refused) {
      el.setAttribute("type", "button");
      el.onclick = (event) => load(event, one);
    }
    one.node.replaceWith(el);
    one.node = el;
  }
  el.className = refused ? "nbs-image nbs-refused" : "nbs-image";
  el.title = title;
  el.toggleAttribute("disabled", !refused && src === null);
  el.dataset.alt = alt;
  if (src === null) el.removeAttribute("data-src");
  else el.dataset.src = src;
  say(el, src === null ? "" : "click to load");
}

/** Says what the image is, where it is, and what is with it. */
function say(el: HTMLElement, state: string): void {
  const { alt, src } = el.dataset;
  const words = [alt ? `Image: ${alt}` : "Image", hostOf(src ?? ""), state].filter(Boolean);
  if (!el.firstChild) el.append("");
  const text = el.firstChild as Text;
  setText(text, text.data, words.join(" · "));
}

function load(event: Event, one: Shown): void {
  // It may be in a link, which is not what was clicked.
  event.preventDefault();
  event.stopPropagation();
  const button = one.node as HTMLElement;
  const { alt, src } = button.dataset;
  if (src === undefined || button.children.length) return;
  const image = document.createElement("img");
  image.alt = alt ?? "";
  image.referrerPolicy = "no-referrer";
  image.decoding = "async";
  image.onload = () => {
    // Its place may have become another image's.
    if (one.node !== button) return;
    // Nothing is left to click on, and a link around it is one again.
    const shown = document.createElement("span");
    shown.className = button.className;
    shown.title = button.title;
    Object.assign(shown.dataset, button.dataset);
    shown.append(image);
    button.replaceWith(shown);
    one.node = shown;
  };
  image.onerror = () => {
    image.remove();
    say(button, "could not be loaded");
  };
  say(button, "loading");
  button.append(image);
  image.src = src;
}
