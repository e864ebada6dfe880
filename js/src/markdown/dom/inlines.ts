/** Inlines as DOM nodes, matched by place and kind. */

import { type Formula, plainText } from "../inlines/inline.js";
import { begins } from "../text/strings.js";
import type { Embedder } from "./embed.js";
import type { Goto, Item, LinkTo, Shown, Target } from "./node.js";

export interface ShowOptions {
  /** The address to link to, null for none. */
  readonly url: LinkTo;
  /** Shows images, and renders formulas; null: both are text. */
  readonly embedder: Embedder | null;
  /** Shows the footnote with this number. */
  readonly goto: Goto;
}

/** Makes `shown`, the first nodes in `parent`, be `items` from number `from` on. */
export function update(
  parent: Element,
  shown: Shown[],
  items: readonly Item[],
  options: ShowOptions,
  from = 0,
): void {
  const last = shown.at(-1);
  let next = last ? last.node.nextSibling : parent.firstChild;
  let index = from;
  for (const { kind } of items) {
    // What follows stays as it is if it can.
    const extra = 1 + shown.length - from - items.length;
    if (shown[index]?.kind !== kind && extra > 0) remove(shown, index, extra);
    if (shown[index]?.kind !== kind) {
      const node =
        kind === "text" ? document.createTextNode("") : document.createElement(NAMES[kind] ?? kind);
      shown.splice(index, 0, { kind, node, item: null, children: [] });
    }
    index++;
  }
  remove(shown, index, shown.length);
  // From the end: text that grows in a line that is to be laid out anyway costs less.
  for (const item of items.toReversed()) {
    const one = shown[--index] as Shown;
    const made = !one.item;
    // Filled before it is inserted: the browser looks at it once.
    fill(one, item, options);
    if (made) parent.insertBefore(one.node, next);
    one.item = item;
    next = one.node;
  }
}

/** The elements of kinds that are called otherwise. */
const NAMES: Partial<Record<Item["kind"], string>> = {
  break: "br",
  checkbox: "input",
  footnote: "sup",
  image: "span",
  link: "a",
  math: "span",
};

function remove(shown: Shown[], index: number, count: number): void {
  for (const { node } of shown.splice(index, count)) node.remove();
}

function fill(one: Shown, item: Item, options: ShowOptions): void {
  const node = one.node as HTMLElement;
  const old = one.item;
  switch (item.kind) {
    case "text":
      setText(one.node as Text, old?.kind === "text" ? old.text : "", item.text);
      break;
    case "code":
      showText(node, item.text);
      break;
    case "math":
      if (old?.kind !== "math" || old.text !== item.text || old.isClosed !== item.isClosed)
        showFormula(node, item, options.embedder);
      break;
    case "footnote":
      if (options.embedder) options.embedder.footnote(node, item.number, options.goto);
      else showText(node, item.number);
      break;
    case "checkbox":
      // The attributes, which a copy keeps.
      Object.assign(node, { type: "checkbox", disabled: true, defaultChecked: item.checked });
      break;
    case "break":
      break;
    case "image":
      if (options.embedder) options.embedder.image(one, item);
      else fillImage(node, item);
      break;
    default:
      if (item.kind === "link") fillLink(node, old, item, options.url);
      update(node, one.children, item.children, options);
  }
}

/** An image as its description. */
function fillImage(el: HTMLElement, image: Target): void {
  const alt = plainText(image.children);
  el.className = "nbs-image";
  el.title = titleOf(image);
  el.dataset.alt = alt;
  showText(el, alt);
}

/** Shows the source of `formula` in `el`, to be rendered once it is closed. */
export function showFormula(el: HTMLElement, formula: Formula, embedder: Embedder | null): void {
  // It was closed, and may be rendered.
  if (el.dataset.tex !== undefined) el.replaceChildren();
  showText(el, formula.text);
  el.className = formula.display ? "nbs-math nbs-math-display" : "nbs-math";
  el.removeAttribute("data-tex");
  if (!formula.isClosed) return;
  el.dataset.tex = formula.tex;
  embedder?.formula(el);
}

function fillLink(el: HTMLElement, old: Item | null, link: Target, url: ShowOptions["url"]): void {
  if (old?.kind === "link" && old.href === link.href && old.title === link.title) return;
  const href = url(link.href);
  el.title = titleOf(link);
  // No address at all: it is still to come.
  el.classList.toggle("nbs-refused", href === null && link.href !== "");
  for (const name of ["href", "target", "rel"]) el.removeAttribute(name);
  if (href !== null) Object.assign(el, { href, target: "_blank", rel: "noopener noreferrer" });
}

/** The title that was written, and below it where a link leads. */
export const titleOf = ({ title, href }: Target) => (title ? `${title}\n${href}` : href);

/** Makes `text` the only child of `el`. */
export function showText(el: Element, text: string): void {
  if (!el.firstChild) el.append("");
  const node = el.firstChild as Text;
  setText(node, node.data, text);
}

/** Makes `node` show `text` instead of `old`; what is the same at the beginning stays untouched. */
export function setText(node: Text, old: string, text: string): void {
  if (text === old) return;
  if (begins(text, old)) node.appendData(text.slice(old.length));
  else {
    let same = 0;
    while (text[same] === old[same]) same++;
    node.replaceData(same, old.length - same, text.slice(same));
  }
}
