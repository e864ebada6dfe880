/** Inlines as DOM nodes, matched by place and kind. */

import type { Formulas } from "./formulas.js";
import { type Target, updateImage } from "./images.js";
import type { Formula, Inline } from "./inline.js";
import { begins } from "./strings.js";

export interface ShowOptions {
  /** The address to link to, null for none. */
  readonly url: (address: string) => string | null;
  /** Renders formulas. */
  readonly formulas: Formulas;
  /** Shows the footnote with this number. */
  readonly goto: (footnote: number) => void;
}

export type Item = Inline | { readonly kind: "checkbox"; readonly checked: boolean };

/** A node that is shown, and what it shows. */
export interface Shown {
  readonly kind: Item["kind"];
  node: ChildNode;
  item: Item | null;
  readonly children: Shown[];
}

/** Makes `shown`, the first nodes in `parent`, be `items`. */
export function update(
  parent: Element,
  shown: Shown[],
  items: readonly Item[],
  options: ShowOptions,
): void {
  for (const [index, item] of items.entries()) {
    const { kind } = item;
    // What follows stays as it is if it can.
    const extra = 1 + shown.length - items.length;
    if (shown[index]?.kind !== kind && extra > 0) remove(shown, index, extra);
    let one = shown[index];
    if (one?.kind !== kind) {
      const node =
        kind === "text" ? document.createTextNode("") : document.createElement(NAMES[kind] ?? kind);
      const previous = shown[index - 1]?.node;
      if (previous) previous.after(node);
      else parent.prepend(node);
      one = { kind, node, item: null, children: [] };
      shown.splice(index, 0, one);
    }
    fill(one, item, options);
    one.item = item;
  }
  remove(shown, items.length, shown.length);
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
      if (!old) node.append("");
      setText(node.firstChild as Text, old?.kind === "code" ? old.text : "", item.text);
      break;
    case "math":
      if (old?.kind !== "math" || old.text !== item.text || old.closed !== item.closed)
        fillMath(node, old, item, options.formulas);
      break;
    case "footnote":
      fillReference(node, item.number, options.goto);
      break;
    case "checkbox":
      node.setAttribute("type", "checkbox");
      node.toggleAttribute("disabled", true);
      node.toggleAttribute("checked", item.checked);
      break;
    case "break":
      break;
    case "image":
      updateImage(one, item, options.url);
      break;
    default:
      if (item.kind === "link") fillLink(node, old, item, options.url);
      update(node, one.children, item.children, options);
  }
}

function fillReference(el: HTMLElement, number: string, goto: ShowOptions["goto"]): void {
  if (el.textContent === number) return;
  el.className = "nbs-footnote";
  const link = document.createElement("a");
  link.setAttribute("role", "link");
  link.tabIndex = 0;
  link.append(number);
  link.onclick = () => goto(Number(number));
  link.onkeydown = ({ key }) => key === "Enter" && link.click();
  el.replaceChildren(link);
}

function fillMath(el: HTMLElement, old: Item | null, item: Formula, formulas: Formulas): void {
  if (old?.kind === "math" && !old.closed) setText(el.firstChild as Text, old.text, item.text);
  else el.replaceChildren(item.text);
  el.className = item.display ? "nbs-math nbs-math-display" : "nbs-math";
  el.removeAttribute("data-tex");
  if (!item.closed) return;
  el.dataset.tex = item.tex;
  formulas.add(el);
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
