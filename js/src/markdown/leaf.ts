/** A leaf's text as DOM nodes: parsed again when it grows, nodes kept where nothing changed. */

import type { Inline } from "./inline.js";
import { plainText } from "./inline.js";
import { parseInlines } from "./inlines.js";
import type { Definition } from "./references.js";
import { holdBack } from "./unfinished.js";
import { allowedUrl, hostOf } from "./url.js";

export interface LeafOptions {
  readonly strikethrough: boolean;
  readonly autolinks: boolean;
  /** The address to link to, null for none. */
  readonly url: (address: string) => string | null;
}

/** The link reference definitions of a document, and who waits for one. */
export class References {
  private readonly known = new Map<string, Definition>();
  private readonly missing = new Map<string, Set<Leaf>>();
  private readonly stale = new Set<Leaf>();

  /** The first definition of a label counts. */
  define(label: string, definition: Definition): void {
    if (this.known.has(label)) return;
    this.known.set(label, definition);
    for (const leaf of this.missing.get(label) ?? []) this.stale.add(leaf);
    this.missing.delete(label);
  }

  lookup(label: string, leaf: Leaf): Definition | undefined {
    const definition = this.known.get(label);
    if (!definition) {
      const waiting = this.missing.get(label);
      if (waiting) waiting.add(leaf);
      else this.missing.set(label, new Set([leaf]));
    }
    return definition;
  }

  /** Renders again what new definitions concern. */
  resolve(): void {
    for (const leaf of this.stale) leaf.render();
    this.stale.clear();
  }
}

interface Checkbox {
  readonly kind: "checkbox";
  readonly checked: boolean;
}

/** A node that is shown. */
interface Shown {
  readonly kind: string;
  readonly node: ChildNode;
  readonly children: Shown[];
  /** What the node was made from, to see whether anything changed. */
  from: string;
}

/** An open leaf above this length is parsed again only when it has grown by an eighth. */
const LONG = 8192;

const TASK = /^\[([ \txX])\](?=[ \t\n])/;

export class Leaf {
  private readonly shown: Shown[] = [];
  private text = "";
  private task = false;
  private open = false;
  /** What was added since the text was parsed. */
  private tail: Text | null = null;

  constructor(
    readonly el: HTMLElement,
    private readonly references: References,
    private readonly options: LeafOptions,
  ) {}

  /** Shows `text`; if `open`, more may come soon. `task`: a checkbox may be at its beginning. */
  show(text: string, open: boolean, task = false): void {
    const grown = text.length - this.text.length;
    if (open && text.length > LONG && grown * 8 < this.text.length && text.startsWith(this.text)) {
      this.tail ??= this.el.appendChild(document.createTextNode(""));
      setText(this.tail, this.tail.data, text.slice(this.text.length));
      return;
    }
    if (this.text === text && this.task === task && this.open === open && !this.tail) return;
    this.text = text;
    this.open = open;
    this.task = task;
    this.render();
  }

  render(): void {
    this.tail?.remove();
    this.tail = null;
    let text = this.open ? holdBack(this.text) : this.text;
    const box = this.task ? TASK.exec(text) : null;
    if (box) text = text.slice(box[0].length);
    const { strikethrough, autolinks, url } = this.options;
    const lookup = (label: string) => this.references.lookup(label, this);
    const inlines: (Inline | Checkbox)[] = parseInlines(text, {
      strikethrough,
      autolinks,
      lookup,
      unfinished: this.open,
    });
    if (box) inlines.unshift({ kind: "checkbox", checked: box[1]?.toLowerCase() === "x" });
    update(this.el, this.shown, inlines, url);
  }
}

/** Makes `shown`, the nodes in `parent`, be `inlines`. */
function update(
  parent: Element,
  shown: Shown[],
  inlines: readonly (Inline | Checkbox)[],
  url: LeafOptions["url"],
): void {
  for (const [index, inline] of inlines.entries()) {
    let one = shown[index];
    if (one?.kind !== inline.kind) {
      for (const old of shown.splice(index)) old.node.remove();
      one = { kind: inline.kind, node: create(inline), children: [], from: "" };
      shown.push(one);
      parent.append(one.node);
    }
    fill(one, inline, url);
  }
  for (const old of shown.splice(inlines.length)) old.node.remove();
}

function create(inline: Inline | Checkbox): ChildNode {
  switch (inline.kind) {
    case "text":
      return document.createTextNode("");
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
      return document.createElement(inline.kind);
  }
}

function fill(one: Shown, inline: Inline | Checkbox, url: LeafOptions["url"]): void {
  const { node } = one;
  if (inline.kind === "text") {
    setText(node as Text, one.from, inline.text);
    one.from = inline.text;
  } else if (inline.kind === "code") {
    node.firstChild ?? (node as Element).append(document.createTextNode(""));
    setText(node.firstChild as Text, one.from, inline.text);
    one.from = inline.text;
  } else if (inline.kind === "checkbox") {
    (node as HTMLInputElement).toggleAttribute("checked", inline.checked);
  } else if (inline.kind === "image") fillImage(one, inline, url);
  else if (inline.kind !== "break") {
    if (inline.kind === "link") fillLink(one, inline, url);
    update(node as Element, one.children, inline.children, url);
  }
}

type Target = Extract<Inline, { kind: "link" | "image" }>;

/** True if the target is not the one before; sets the title that shows it. */
function retarget(one: Shown, { href, title, children }: Target): boolean {
  const from = JSON.stringify([href, title, one.kind === "image" ? plainText(children) : ""]);
  if (one.from === from) return false;
  one.from = from;
  (one.node as Element).setAttribute("title", title ? `${title}\n${href}` : href);
  return true;
}

function fillLink(one: Shown, link: Target, url: LeafOptions["url"]): void {
  if (!retarget(one, link)) return;
  const el = one.node as Element;
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
function fillImage(one: Shown, image: Target, url: LeafOptions["url"]): void {
  if (!retarget(one, image)) return;
  const el = one.node as Element;
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

export const defaultLeafOptions: LeafOptions = {
  strikethrough: true,
  autolinks: true,
  url: allowedUrl,
};
