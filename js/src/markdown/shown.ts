/** Inlines as DOM nodes, matched by place and kind. */

import type { Inline } from "./inline.js";
import { plainText } from "./inline.js";
import { hostOf } from "./url.js";

export interface ShowOptions {
  /** The address to link to, null for none. */
  readonly url: (address: string) => string | null;
}

export type Item = Inline | { readonly kind: "checkbox"; readonly checked: boolean };

/** A node that is shown, and what it shows. */
export interface Shown {
  node: ChildNode;
  item: Item | null;
  readonly kind: Item["kind"];
  readonly children: Shown[];
}

/** Makes `shown`, the nodes in `parent` before `end`, be `items`. */
export function update(
  parent: Node,
  shown: Shown[],
  items: readonly Item[],
  options: ShowOptions,
  end: Node | null = null,
): void {
  for (const [index, item] of items.entries()) {
    let one = shown[index];
    if (one?.kind !== item.kind) {
      for (const old of shown.splice(index)) old.node.remove();
      one = { node: create(item), item: null, kind: item.kind, children: [] };
      shown.push(one);
      parent.insertBefore(one.node, end);
    }
    fill(one, item, options);
    one.item = item;
  }
  for (const old of shown.splice(items.length)) old.node.remove();
}

function create({ kind }: Item): ChildNode {
  switch (kind) {
    case "text":
      return document.createTextNode("");
    case "code": {
      const code = document.createElement("code");
      code.append(document.createTextNode(""));
      return code;
    }
    case "break":
      return document.createElement("br");
    case "link":
      return document.createElement("a");
    case "image":
      return document.createElement("span");
    case "checkbox": {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.disabled = true;
      return box;
    }
    default:
      return document.createElement(kind);
  }
}

function fill(one: Shown, item: Item, options: ShowOptions): void {
  const { node } = one;
  const old = one.item;
  switch (item.kind) {
    case "text":
      setText(node as Text, old?.kind === "text" ? old.text : "", item.text);
      return;
    case "code":
      setText(node.firstChild as Text, old?.kind === "code" ? old.text : "", item.text);
      return;
    case "checkbox":
      (node as HTMLInputElement).toggleAttribute("checked", item.checked);
      return;
    case "break":
      return;
    case "image":
      if (retarget(one, item)) fillImage(node as Element, item, options);
      return;
    case "link":
      if (retarget(one, item)) fillLink(node as Element, item, options);
  }
  update(node, one.children, item.children, options);
}

type Target = Extract<Inline, { kind: "link" | "image" }>;

/** True if the target is not the one before; sets the title that shows it. */
function retarget({ node, item }: Shown, { href, title, children }: Target): boolean {
  if (
    (item?.kind === "link" && item.href === href && item.title === title) ||
    (item?.kind === "image" &&
      item.href === href &&
      item.title === title &&
      plainText(item.children) === plainText(children))
  )
    return false;
  (node as Element).setAttribute("title", title ? `${title}\n${href}` : href);
  return true;
}

function fillLink(el: Element, link: Target, { url }: ShowOptions): void {
  const href = url(link.href);
  // No address at all: it is still to come.
  el.classList.toggle("nbs-refused", href === null && link.href !== "");
  if (href === null) {
    for (const name of ["href", "target", "rel"]) el.removeAttribute(name);
    return;
  }
  el.setAttribute("href", href);
  el.setAttribute("target", "_blank");
  el.setAttribute("rel", "noopener noreferrer");
}

/** Images are not loaded: what stands in their place says what they are and where they come from. */
function fillImage(el: Element, image: Target, { url }: ShowOptions): void {
  const alt = plainText(image.children);
  const src = url(image.href);
  el.className = src === null ? "nbs-image nbs-refused" : "nbs-image";
  el.setAttribute("role", "img");
  el.setAttribute("aria-label", alt);
  if (src === null) el.removeAttribute("data-src");
  else el.setAttribute("data-src", src);
  const host = src === null ? "" : hostOf(src);
  el.replaceChildren(document.createTextNode([alt || "image", host].filter(Boolean).join(" · ")));
}

/** Makes `node` show `text` instead of `old`; what is the same at the beginning stays untouched. */
export function setText(node: Text, old: string, text: string): void {
  if (text === old) return;
  if (text.startsWith(old)) node.appendData(text.slice(old.length));
  else {
    let same = 0;
    while (text[same] === old[same]) same++;
    node.replaceData(same, old.length - same, text.slice(same));
  }
}
