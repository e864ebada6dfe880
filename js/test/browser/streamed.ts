/**
 * Streams texts in a real page, character by character, and looks at all that is there after each:
 * bundled and driven by tests/lab/test_hostile_stream.py.
 */

import { highlighter } from "../../src/bundles/highlight/highlight.js";
import { math } from "../../src/bundles/math/math.js";
import type { Parts } from "../../src/markdown/addons.js";
import { createEmbeds } from "../../src/markdown/embeds/create.js";
import { createRenderer } from "../../src/markdown/renderer.js";

const there = { highlight: highlighter, math };
const parts: Parts = { get: (name) => there[name] };

const ELEMENTS =
  "script,style,iframe,frame,object,embed,img,video,audio,source,track,link,base,form,meta,svg,portal";
const ADDRESSES = ["href", "xlink:href", "src", "srcset", "action", "formaction", "poster", "ping"];

/** What may load, run, lead away or be mistaken for a part of the page. */
function dangers(el: Element): string[] {
  const found = [...el.querySelectorAll(ELEMENTS)].map(({ outerHTML }) => outerHTML);
  for (const node of el.querySelectorAll("*"))
    for (const { name, value } of node.attributes) {
      const address = ADDRESSES.includes(name) && !/^(https?:\/\/|mailto:)/i.test(value);
      const named = name === "id" || name === "name" || name.startsWith("on");
      const fetches = name === "style" && /url\(|@import/i.test(value);
      if (address || named || fetches) found.push(`${node.localName} ${name}=${value}`);
    }
  return found;
}

/** Shows `text` alone on the page; returns the dangers that were there at any time. */
function stream(text: string): string[] {
  const el = document.createElement("div");
  el.className = "nbs-view nbs-markdown";
  document.body.replaceChildren(el);
  const renderer = createRenderer(el, { embeds: createEmbeds({ parts }) });
  const found = new Set<string>();
  const look = () => {
    for (const danger of dangers(el)) found.add(danger);
  };
  for (const character of text) {
    renderer.append(character);
    look();
  }
  renderer.finish();
  look();
  return [...found];
}

/** Clicks on everything; returns the addresses of the images and links that were there. */
function click(): { images: string[]; links: string[] } {
  const images = [...document.querySelectorAll<HTMLButtonElement>("button[data-src]")];
  const links = [...document.querySelectorAll<HTMLAnchorElement>("a[href]")];
  const shown = {
    images: images.map(({ dataset }) => dataset.src ?? ""),
    links: links.map(({ href }) => href),
  };
  for (const one of document.querySelectorAll("body *"))
    one.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  return shown;
}

Object.assign(window, { stream, click });
