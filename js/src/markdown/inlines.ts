/** The inline structure of CommonMark: one pass over the text, links and spans closed as it goes. */

import { type Autolink, findAutolinks } from "./autolinks.js";
import { Runs, scanRun } from "./emphasis.js";
import { decodeEntity, ENTITY, learnEntities } from "./entities.js";
import type { Inline } from "./inline.js";
import type { Definition } from "./references.js";
import {
  foldLabel,
  MAX_LABEL,
  PUNCTUATION,
  scanDestination,
  scanLabel,
  scanTitle,
  skipGap,
} from "./strings.js";
import { buildTree, Run, type Token } from "./tokens.js";
import { REACH } from "./unfinished.js";

export interface InlineOptions {
  readonly strikethrough: boolean;
  readonly autolinks: boolean;
  /** More may follow: spans that are open at the end are taken for closed there. */
  readonly unfinished: boolean;
  /** The definition of a folded label. */
  lookup(label: string): Definition | undefined;
}

interface Bracket {
  /** The token that stands for the bracket. */
  readonly token: number;
  /** Where what is inside begins. */
  readonly inside: number;
  readonly image: boolean;
  /** The last run of delimiters before it. */
  readonly bottom: Run | null;
  /** Another bracket followed: what is inside is no label. */
  nested: boolean;
}

const PLAIN = /[^\\`*_~[\]!<&\n]+/y;
const TICKS = /`+/y;
const REFERENCE = new RegExp(ENTITY.source, "y");
const URI = /<([a-z][a-z0-9+.-]{1,31}:[^\s<>\p{Cc}]*)>/iuy;
const MAIL =
  /<([a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,255}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)>/iy;
const ESCAPABLE = new RegExp(`[${PUNCTUATION}]`);

export interface Parsed {
  readonly inlines: Inline[];
  /** Whatever follows, what is there was read as if nothing did. */
  readonly sure: boolean;
}

export function parseInlines(text: string, options: InlineOptions): Parsed {
  learnEntities(text);
  return new InlineParser(text, options).parse();
}

class InlineParser {
  private readonly tokens: Token[] = [];
  private readonly runs = new Runs();
  private readonly brackets: Bracket[] = [];
  private readonly autolinks: Autolink[];
  /** How many of the brackets begin no link any more, as one was found inside: links hold no links. */
  private inactive = 0;
  private at = 0;
  private sure = true;
  /** The end of the plain piece that `at` is in. */
  private plain = 0;
  /** Where runs of backticks begin, by their length, last first; made when first needed. */
  private ticks: Map<number, number[]> | null = null;

  constructor(
    private readonly text: string,
    private readonly options: InlineOptions,
  ) {
    this.autolinks = options.autolinks ? findAutolinks(text).reverse() : [];
  }

  parse(): Parsed {
    while (this.at < this.text.length) this.step();
    const openFrom = this.options.unfinished ? this.text.length - REACH : undefined;
    if (this.runs.match(null, openFrom)) this.sure = false;
    return { inlines: buildTree(this.tokens), sure: this.sure };
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  private addText(text: string, end: number): void {
    this.tokens.push({ kind: "text", text });
    this.at = end;
  }

  private step(): void {
    let address = this.autolinks.at(-1);
    while (address && address.at < this.at) {
      this.autolinks.pop();
      address = this.autolinks.at(-1);
    }
    if (address?.at === this.at) {
      this.address(address);
      return;
    }
    // Many addresses may lie in one plain piece: it is looked for once.
    if (this.plain <= this.at) this.plain = this.at + (this.match(PLAIN)?.[0].length ?? 0);
    if (this.plain > this.at) {
      const end = Math.min(this.plain, address?.at ?? this.plain);
      this.addText(this.text.slice(this.at, end), end);
      return;
    }
    this.special(this.text[this.at] ?? "");
  }

  private address({ at, end, href }: Autolink): void {
    let text = this.text.slice(at, end);
    // A link's text may be an address; the bracket after it ends both.
    const bracket = this.brackets.length ? text.indexOf("]") : -1;
    if (bracket >= 0) text = text.slice(0, bracket);
    const cut = end - at - text.length;
    this.tokens.push({ kind: "autolink", href: cut ? href.slice(0, -cut) : href, text });
    this.at = at + text.length;
  }

  private special(character: string): void {
    if (character === "\n") this.endLine();
    else if (character === "\\") this.escape();
    else if (character === "`") this.code();
    else if (character === "*" || character === "_") this.run(character);
    else if (character === "~" && this.options.strikethrough) this.run(character);
    else if (character === "[") this.openBracket(this.at + 1, false);
    else if (character === "!" && this.text[this.at + 1] === "[")
      this.openBracket(this.at + 2, true);
    else if (character === "]") this.closeBracket();
    else if (character === "<") this.pointed();
    else if (character === "&") this.reference();
    else this.addText(character, this.at + 1);
  }

  private reference(): void {
    const reference = this.match(REFERENCE)?.[0] ?? "";
    const decoded = reference ? decodeEntity(reference) : null;
    if (decoded === null) this.addText("&", this.at + 1);
    else this.addText(decoded, this.at + reference.length);
  }

  private endLine(): void {
    const last = this.tokens.at(-1);
    let spaces = 0;
    if (last && !(last instanceof Run) && last.kind === "text") {
      while (this.text[this.at - 1 - spaces] === " " && spaces < last.text.length) spaces++;
      last.text = last.text.slice(0, last.text.length - spaces);
    }
    if (spaces > 1) this.tokens.push({ kind: "break" });
    else this.tokens.push({ kind: "text", text: "\n" });
    this.at++;
    while (this.text[this.at] === " ") this.at++;
  }

  private escape(): void {
    const next = this.text[this.at + 1] ?? "";
    if (next === "\n") {
      this.tokens.push({ kind: "break" });
      this.at += 2;
      while (this.text[this.at] === " ") this.at++;
    } else if (ESCAPABLE.test(next)) this.addText(next, this.at + 2);
    else this.addText("\\", this.at + 1);
  }

  private code(): void {
    const length = this.match(TICKS)?.[0].length ?? 1;
    const start = this.at + length;
    this.ticks ??= findTicks(this.text);
    const places = this.ticks.get(length) ?? [];
    while ((places.at(-1) ?? start) < start) places.pop();
    const unfinished = this.options.unfinished && this.text.length - start < REACH;
    if (!places.length && unfinished) this.sure = false;
    const end = places.at(-1) ?? (unfinished ? this.text.length : undefined);
    if (end === undefined) {
      this.addText("`".repeat(length), start);
      return;
    }
    const code = this.text.slice(start, end).replaceAll("\n", " ");
    const padded = code.startsWith(" ") && code.endsWith(" ") && /[^ ]/.test(code);
    this.tokens.push({ kind: "code", text: padded ? code.slice(1, -1) : code });
    this.at = end + length;
  }

  private run(character: string): void {
    let end = this.at + 1;
    while (this.text[end] === character) end++;
    const run = scanRun(this.text, this.at, end);
    this.tokens.push(run);
    if (run.canOpen || run.canClose) this.runs.push(run);
    this.at = end;
  }

  private pointed(): void {
    const uri = this.match(URI);
    const mail = uri ? null : this.match(MAIL);
    const text = uri?.[1] ?? mail?.[1];
    if (text === undefined) {
      this.addText("<", this.at + 1);
      return;
    }
    this.tokens.push({ kind: "autolink", href: mail ? `mailto:${text}` : text, text });
    this.at += text.length + 2;
  }

  private openBracket(inside: number, image: boolean): void {
    const last = this.brackets.at(-1);
    if (last) last.nested = true;
    const bottom = this.runs.last;
    const token = this.tokens.length;
    this.brackets.push({ token, inside, image, bottom, nested: false });
    this.addText(image ? "![" : "[", inside);
  }

  private closeBracket(): void {
    const close = this.at;
    const bracket = this.brackets.pop();
    const depth = this.brackets.length;
    const active = bracket && (bracket.image || depth >= this.inactive);
    const target = active ? this.target(bracket, close) : null;
    this.inactive = Math.min(this.inactive, depth);
    if (!bracket || !target) {
      this.addText("]", close + 1);
      return;
    }
    const kind = bracket.image ? "image" : "link";
    const { href, title } = target;
    this.runs.match(bracket.bottom);
    this.tokens[bracket.token] = { kind: "open", link: { kind, href, title, children: [] } };
    this.tokens.push({ kind: "close", text: "]" });
    this.at = target.end;
    if (!bracket.image) this.inactive = depth;
  }

  /** Where the link that ends at `close` leads. */
  private target(bracket: Bracket, close: number): (Definition & { end: number }) | null {
    return this.inlineTarget(close + 1) ?? this.referenceTarget(bracket, close);
  }

  private inlineTarget(at: number): (Definition & { end: number }) | null {
    const { text } = this;
    if (text[at] !== "(") return null;
    const start = skipGap(text, at + 1);
    const destination = scanDestination(text, start);
    let end = skipGap(text, destination?.end ?? start);
    const title = destination && end > destination.end ? scanTitle(text, end) : null;
    if (title) end = skipGap(text, title.end);
    if (text[end] !== ")") return null;
    return { href: destination?.value ?? "", title: title?.value ?? "", end: end + 1 };
  }

  private referenceTarget(bracket: Bracket, close: number): (Definition & { end: number }) | null {
    const full = scanLabel(this.text, close + 1);
    let label = full?.label ?? "";
    if (!label) {
      if (bracket.nested || close - bracket.inside > MAX_LABEL) return null;
      label = this.text.slice(bracket.inside, close);
    }
    const folded = foldLabel(label);
    const definition = folded ? this.options.lookup(folded) : undefined;
    return definition ? { ...definition, end: full?.end ?? close + 1 } : null;
  }
}

function findTicks(text: string): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const list = places.get(run.length);
    if (list) list.push(index);
    else places.set(run.length, [index]);
  }
  for (const list of places.values()) list.reverse();
  return places;
}
