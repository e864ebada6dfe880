/**
 * What a renderer has shown, or the part of it that a range selects, written as Markdown, as plain
 * text or as HTML. Words that belong to the page and not to the text are left out.
 */

/** `node` as Markdown that renders to the same. */
export const toMarkdown = (node: Node, range?: Range): string =>
  new Writer(false, range).write(node);

/** `node` as a person would type it: markers of lists, cells between tabs, formulas as TeX. */
export const toPlainText = (node: Node, range?: Range): string =>
  new Writer(true, range).write(node);

const LEAF = /^(p|h[1-6]|t[hd]|summary)$/;
const LIST = /^[ou]l$/;
const INLINE = /^(a|br|button|code|del|em|input|kbd|span|strong|su[bp])$/;

/** Whether `node` is of the page: buttons, the line above code, what is not shown. */
function isExtra(node: Node): boolean {
  if (!(node instanceof HTMLElement)) return !(node instanceof Text);
  return Boolean(node.hidden) || node.matches("button:not(.nbs-image), .nbs-code-head");
}

/** What there is of `node` in `range`. */
function parts(node: Node, range: Range | undefined): ChildNode[] {
  return [...node.childNodes].filter(
    (child) => !isExtra(child) && (!range || range.intersectsNode(child)),
  );
}

/** All text in `node`, as it is. */
function source(node: Node, range: Range | undefined): string {
  if (!(node instanceof Text))
    return parts(node, range)
      .map((n) => source(n, range))
      .join("");
  const start = node === range?.startContainer ? range.startOffset : 0;
  return node.data.slice(start, node === range?.endContainer ? range.endOffset : undefined);
}

/** The formula in `el`, between its delimiters; null if it is none. */
function formula(el: Element): string | null {
  const tex = el.getAttribute("data-tex");
  const mark = el.classList.contains("nbs-math-display") ? "$$" : "$";
  return tex === null || !el.classList.contains("nbs-math") ? null : mark + tex + mark;
}

/** An image's description. */
const altOf = (el: HTMLElement): string => el.dataset.alt ?? el.getAttribute("aria-label") ?? "";

class Writer {
  constructor(
    private readonly plain: boolean,
    private readonly range: Range | undefined,
  ) {}

  write(node: Node): string {
    const { localName: name } = node as Element;
    if (name === "pre") return source(node, this.range);
    if (LEAF.test(name)) return this.#inlines(node);
    return node instanceof Text || INLINE.test(name) ? this.#inline(node) : this.#blocks(node);
  }

  /** The blocks in `el`, with what separates blocks between them. */
  #blocks(el: Node, gap = "\n\n"): string {
    let written = "";
    let before: Element | null = null;
    /** The markers differ from those of a list right before. */
    let other = false;
    for (const block of this.#blocksIn(el)) {
      const goesOn: boolean = before?.classList.contains("nbs-goes-on") ?? false;
      if (!goesOn) other = before?.localName === block.localName && !other;
      const text = this.#block(block, other);
      // A selection may touch a block and select nothing of it.
      if (!text && (this.range || this.plain)) continue;
      if (before) written += goesOn && block.hasAttribute("data-tight") ? "\n" : gap;
      written += text;
      before = block;
    }
    return written;
  }

  /** The blocks in `el`; elements that only group them are opened. */
  #blocksIn(el: Node): Element[] {
    return parts(el, this.range).flatMap((child) => {
      if (!(child instanceof Element)) return [];
      const groups = child.matches(".nbs-page, section, .nbs-footnotes > ol");
      return groups ? this.#blocksIn(child) : [child];
    });
  }

  #block(el: Element, other: boolean): string {
    const { plain } = this;
    const name = el.localName;
    const tex = formula(el);
    if (tex !== null) return tex;
    if (LIST.test(name)) return this.#list(el, other);
    if (el.matches("pre, .nbs-code")) return this.#code(el);
    if (el.matches("table, .nbs-table")) return this.#table(el);
    switch (name) {
      case "hr":
        return plain ? "" : "___";
      case "li":
        return `[^${[...(el.parentElement?.children ?? [])].indexOf(el) + 1}]: ${this.#item(el)}`;
      case "blockquote":
        return plain ? this.#blocks(el) : indent(this.#blocks(el) || " ", "> ", "> ");
      case "details":
        return plain ? this.#blocks(el) : `<details>\n\n${this.#blocks(el)}\n\n</details>`;
      case "summary":
        return plain ? this.#inlines(el) : `<summary>${this.#inlines(el)}</summary>`;
    }
    const text = this.#inlines(el);
    if (plain) return text;
    const level = Number(/^h([1-6])$/.exec(name)?.[1] ?? 0);
    if (!level) return guardLines(text);
    // Only the other form can have more than one line.
    if (text.includes("\n")) return `${guardLines(text)}\n${level > 1 ? "---" : "==="}`;
    return `${"#".repeat(level)} ${text.replace(/(#+)$/, "\\$1")}`;
  }

  #list(list: Element, other: boolean): string {
    const start = Number(list.getAttribute("start") ?? 1);
    const tight = list.hasAttribute("data-tight");
    const items: string[] = [];
    for (const [index, item] of [...list.children].entries()) {
      if (this.range && !this.range.intersectsNode(item)) continue;
      const number = start + index;
      const bullet = list.localName === "ol" ? `${number}${other ? ")" : "."}` : other ? "*" : "-";
      const text = this.#item(item, tight ? "\n" : "\n\n");
      if (!text && this.range) continue;
      items.push(indent(text, `${bullet} `, " ".repeat(bullet.length + 1)).trimEnd());
    }
    return items.join(tight ? "\n" : "\n\n");
  }

  #item(item: Element, gap = "\n\n"): string {
    const text = this.#blocks(item, gap);
    // Else it would be a list in a list.
    return text.replace(/^\[([ x])\](?= )/i, (box) =>
      item.querySelector(":scope > p > input") ? box : `\\${box}`,
    );
  }

  #code(el: Element): string {
    const text = source(el, this.range);
    if (this.plain) return text.replace(/\n$/, "");
    const language = /(?:^| )language-(\S+)/.exec(el.querySelector("code")?.className ?? "");
    const info = language?.[1] ?? "";
    const mark = info.includes("`") ? "~" : "`";
    const longest = Math.max(2, ...[...text.matchAll(/`+|~+/g)].map(([run]) => run.length));
    const fence = mark.repeat(longest + 1);
    return `${fence}${info}\n${text.replace(/([^\n])$/, "$1\n")}${fence}`;
  }

  #table(el: Element): string {
    const { plain, range } = this;
    const rows = [...el.querySelectorAll("tr")].filter(
      // Markdown has no table without a head.
      (row, index) => !range || range.intersectsNode(row) || (!plain && !index),
    );
    const written = rows.map((row, index) => {
      const cells = [...row.children].map((cell) => {
        // A head that is not selected is written whole.
        const writer =
          index || !range || range.intersectsNode(cell) ? this : new Writer(plain, undefined);
        return writer.#inlines(cell);
      });
      if (plain) return cells.join("\t");
      const line = cells.map((cell) => cell.replace(/\\?\n/g, "<br>").replaceAll("|", "\\|"));
      return `| ${line.join(" | ")} |`;
    });
    if (plain) return written.join("\n");
    const rule = [...(rows[0]?.children ?? [])].map((cell) => {
      const align = (cell as HTMLElement).style.textAlign;
      return `${/left|center/.test(align) ? ":" : "-"}-${/right|center/.test(align) ? ":" : "-"}`;
    });
    written.splice(1, 0, `| ${rule.join(" | ")} |`);
    return written.join("\n");
  }

  #inlines(el: Node, around = ""): string {
    const nodes = parts(el, this.range);
    let written = "";
    for (const [index, node] of nodes.entries())
      written += this.#inline(node, around, nodes[index + 1]?.textContent?.[0] ?? "", written);
    return written;
  }

  /** `around`: the delimiter of the nearest emphasis. */
  #inline(node: Node, around = "", next = "", before = ""): string {
    const { plain } = this;
    if (node instanceof Text) {
      const text = source(node, this.range);
      return plain ? text : escapeText(text);
    }
    const el = node as HTMLElement;
    const tex = formula(el);
    if (tex !== null) return tex;
    if (el.matches("input")) return `[${el.hasAttribute("checked") ? "x" : " "}]`;
    if (el.matches(".nbs-image")) return this.#target(el, altOf(el));
    if (el.matches(".nbs-footnote")) return `[${plain ? "" : "^"}${source(el, undefined)}]`;
    const name = el.localName;
    if (name === "br") return plain ? "\n" : "\\\n";
    if (plain || name === "span") return this.#inlines(el, around);
    switch (name) {
      case "em": {
        const word = /[\p{L}\p{N}]/u;
        const inWord = word.test(before.slice(-1)) || word.test(next);
        const sign = around === "_" || inWord ? "*" : "_";
        return wrap(this.#inlines(el, sign), sign);
      }
      case "strong":
        return wrap(this.#inlines(el, around), "**");
      case "del":
        return wrap(this.#inlines(el, around), "~~");
      case "code": {
        const text = source(el, this.range);
        const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
        const pad = /^`|`$|^ .*[^ ].* $/s.test(text) ? " " : "";
        return wrap(pad + text + pad, "`".repeat(longest + 1));
      }
      case "a":
        return this.#target(el, this.#inlines(el, around));
      default:
        return INLINE.test(name)
          ? `<${name}>${this.#inlines(el, around)}</${name}>`
          : this.#inlines(el);
    }
  }

  /** A link or an image with its address, which is the last line of its title. */
  #target(el: HTMLElement, words: string): string {
    const image = el.localName !== "a";
    if (this.plain) return words;
    const lines = el.title.split("\n");
    const address = lines.pop() ?? "";
    const text = source(el, this.range);
    if (
      !image &&
      /^[a-z][a-z0-9+.-]+:\S*$/i.test(address) &&
      address.replace(/^mailto:/, "") === text
    )
      return `<${text}>`;
    const raw = /^[^\s()<>]+$/.test(address);
    const safe = address.replace(raw ? /[\\&]/g : /[\\<>&]/g, "\\$&");
    const title = lines.join("\n").replace(/["\\&]/g, "\\$&");
    const label =
      count(words, "[") === count(words, "]") ? words : words.replace(/\\?([[\]])/g, "\\$1");
    return `${image ? "!" : ""}[${label}](${raw ? safe : `<${safe}>`}${title && ` "${title}"`})`;
  }
}

const count = (text: string, part: string) => text.split(part).length;
const wrap = (text: string, mark: string) => (text ? mark + text + mark : "");

/** `text` with `first` before its first line and `rest` before the others. */
const indent = (text: string, first: string, rest: string) =>
  first + text.replace(/\n(?!\n)/g, `\n${rest}`).replace(/\n(?=\n)/g, `\n${rest.trimEnd()}`);

/**
 * Text that is not read as markup. No backslash comes before a bracket that could open a formula.
 */
const escapeText = (text: string): string =>
  text
    .replace(/\\(?=[!-/:-@[-`{-~]|$)|[`$~]|\*(?! )|<(?=[a-z/!?])|&(?=#?\w+;)|!$|\[(?=\^)/gi, "\\$&")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\](?=[(:])/gu, "\\$&");

/** A paragraph whose lines do not begin another block. */
const guardLines = (text: string): string =>
  text
    .replace(/^(\d{1,9})([.)])(?=\s|$)/gm, "$1\\$2")
    .replace(/^(?=#{1,6}(?:\s|$)|[-+*](?:\s|$)|>|[-:|=][-:|= ]*$)/gm, "\\");

const TAGS =
  /^(p|h[1-6]|[uo]l|li|blockquote|pre|code|hr|table|thead|tbody|tr|t[hd]|em|strong|del|a|br|su[bp]|kbd|details|summary)$/;

/** `node` as HTML of a few elements, without classes and handlers; it loads nothing. */
export function toHtml(node: Node, range?: Range): string {
  const inner = (el: Node) =>
    parts(el, range)
      .map((child) => toHtml(child, range))
      .join("");
  const text = (value: string) => value.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  if (!(node instanceof HTMLElement)) {
    return node instanceof Text ? text(source(node, range)) : inner(node);
  }
  const tex = formula(node);
  if (tex !== null) return text(tex);
  const name = node.localName;
  if (name === "input") return node.hasAttribute("checked") ? "[x]" : "[ ]";
  const address = node.getAttribute("href") ?? node.getAttribute("data-src") ?? "";
  const link = /^(https?|mailto):/i.test(address) ? ` href="${text(address)}"` : "";
  if (node.matches(".nbs-image")) return `<a${link}>${text(altOf(node) || "image")}</a>`;
  const content = inner(node);
  const isTight = name === "p" && node.parentElement?.matches("[data-tight] > li");
  if (!TAGS.test(name) || isTight) return content;
  if (name === "br" || name === "hr") return `<${name}>`;
  let more = name === "a" ? link : "";
  if (name === "ol") more = ` start="${firstNumber(node, range)}"`;
  if (/^t[hd]$/.test(name) && node.style.textAlign) more = ` align="${text(node.style.textAlign)}"`;
  return `<${name}${more}>${content}</${name}>`;
}

/** The number of the first item that is written. */
function firstNumber(list: Element, range: Range | undefined): number {
  const index = [...list.children].findIndex((item) => !range || range.intersectsNode(item));
  return Number(list.getAttribute("start") ?? 1) + Math.max(0, index);
}
