/** The inline structure of CommonMark: one pass over the text, links and spans closed as it goes. */

import { footnoteKey } from "../blocks/labels.js";
import type { Definition } from "../blocks/references.js";
import { learnEntities } from "../text/entities.js";
import {
  ESCAPED_HERE,
  foldLabel,
  matchAt,
  scanLabel,
  unescapeOne,
  unescapeText,
} from "../text/strings.js";
import { REACH } from "../text/unfinished.js";
import { matchRuns, type Run, scanRun } from "./emphasis.js";
import type { Autolink, InlineOptions, Parsed, Tag } from "./inline.js";
import { HELD, isLikely, LINK, mayEnd, scanTarget, type Target } from "./links.js";
import { scanFormula } from "./math.js";
import { buildTree, MAX_DEPTH, type Parent, type Token } from "./tokens.js";

/** What opens a span if something closes it. */
interface Opener {
  /** The token that stands for it. */
  readonly token: number;
  /** Where it begins. */
  readonly from: number;
  /** How many runs of delimiters are before it. */
  readonly bottom: number;
  /** A tag's. */
  readonly name?: Tag;
  /** Another bracket followed: what is inside is not a label. */
  nested?: boolean;
  /** A bracket whose target has not arrived. */
  ended?: boolean;
}

const PLAIN = /[^\\`*_~[\]!<&$\n]+/y;
const TICKS = /`+/g;
const URI = /<([a-z][a-z0-9+.-]{1,31}:[^\s<>\p{Cc}]*)>/iuy;
const MAIL =
  /<([a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,255}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)>/iy;
const TAG = /<(?:(\/?)(sub|sup|kbd)|br ?\/?)>/iy;
const NOTE = /^[^\s[\]]{1,999}$/;

export function parseInlines(text: string, options: InlineOptions): Parsed {
  learnEntities(text);
  const { unfinished } = options;
  const tokens: Token[] = [];
  const runs: Run[] = [];
  const brackets: Opener[] = [];
  const tags: Opener[] = [];
  const autolinks = options.embedder?.addresses(text).reverse() ?? [];
  /** Delimiters that close no more: runs of backticks, and what formulas begin with. */
  const spent = new Set<string>();
  /** How many of the brackets begin no link any more, as one was found inside: links hold no links. */
  let inactive = 0;
  let at = 0;
  /** The end of the plain piece that `at` is in. */
  let plain = 0;
  /** Something may be read otherwise if more follows, and is none of the above. */
  let loose = false;

  const match = (pattern: RegExp) => matchAt(pattern, text, at);

  /** Goes on at `end`, what is before it being `added`. */
  function add(end: number, ...added: Token[]): true {
    tokens.push(...added);
    at = end;
    return true;
  }

  function step(): void {
    while ((autolinks.at(-1)?.at ?? at) < at) autolinks.pop();
    const address = autolinks.at(-1);
    if (address?.at === at) {
      takeAddress(address);
      return;
    }
    // Many addresses may lie in one plain piece: it is looked for once.
    if (plain <= at) plain = at + (match(PLAIN)?.[0].length ?? 0);
    const end = Math.min(plain, address?.at ?? plain);
    if (end > at) add(end, text.slice(at, end));
    else {
      const character = text[at] ?? "";
      if (!takeSpecial(character)) add(at + 1, character);
    }
  }

  function takeAddress({ scheme, address }: Autolink): void {
    // A link's text may be an address; the bracket after it ends both.
    addLink(brackets.length ? address.replace(/\].*/s, "") : address, scheme, 0);
  }

  /** Adds a link to `address`, which is written with `more` characters around it. */
  function addLink(address: string, scheme: string, more: number): true {
    // In an address a backslash escapes nothing.
    const words = unescapeText(address.replace(/\\/g, "$&$&"));
    const href = scheme + words;
    const link: Token = { kind: "link", href, title: "", children: [] };
    return add(at + address.length + more, link, words, null);
  }

  /** Whether the character at `at` is markup; if so, takes it. */
  function takeSpecial(character: string): boolean {
    switch (character) {
      case "\n":
        return endLine();
      case "\\":
        return takeEscape();
      case "`":
        return code();
      case "*":
      case "_":
        return run(character);
      case "~":
        return options.strikethrough > 0 && run(character);
      case "$":
        return options.math && dollars();
      case "!":
        return text[at + 1] === "[" && openBracket("![");
      case "[":
        return openBracket(character);
      case "]":
        return closeBracket();
      case "<":
        return takeTag() || takePointed();
      default:
        return character === "&" && takeEscaped();
    }
  }

  /** An escape or a character reference. */
  function takeEscaped(): boolean {
    const [whole, escaped] = match(ESCAPED_HERE) ?? [];
    const decoded = whole && unescapeOne(whole, escaped);
    return !!decoded && add(at + whole.length, decoded);
  }

  /** Goes to the next line, which begins at `next`. */
  function startLine(next: number, token: Token): true {
    add(next, token);
    while (text[at] === " ") at++;
    return true;
  }

  function endLine(): true {
    const last = tokens.at(-1);
    let spaces = 0;
    if (typeof last === "string") {
      while (text[at - 1 - spaces] === " " && spaces < last.length) spaces++;
      tokens[tokens.length - 1] = last.slice(0, last.length - spaces);
    }
    return startLine(at + 1, spaces > 1 ? { kind: "break" } : "\n");
  }

  function takeEscape(): boolean {
    const next = text[at + 1] ?? "";
    if (options.math && /[([b]/.test(next) && formula()) return true;
    if (next === "\n") return startLine(at + 2, { kind: "break" });
    return takeEscaped();
  }

  function dollars(): boolean {
    let end = at + 1;
    while (text[end] === "$") end++;
    if (end - at < 3 && formula()) return true;
    loose = true;
    return add(end, text.slice(at, end));
  }

  function formula(): boolean {
    const found = scanFormula(text, at, unfinished, spent);
    if (!found) return false;
    if (!found.isClosed) loose = true;
    return add(at + found.text.length, found);
  }

  function code(): true {
    const fence = match(TICKS)?.[0] ?? "";
    const start = at + fence.length;
    let closing = spent.has(fence) ? null : TICKS.exec(text);
    while (closing && closing[0] !== fence) closing = TICKS.exec(text);
    const open = !closing && unfinished && text.length - start < REACH;
    if (open) loose = true;
    if (!closing && !open) {
      spent.add(fence);
      return add(start, fence);
    }
    const end = closing?.index ?? text.length;
    const inside = text.slice(start, end).replaceAll("\n", " ");
    const padded = /^ .* $/.test(inside) && /[^ ]/.test(inside);
    return add(end + fence.length, { kind: "code", text: padded ? inside.slice(1, -1) : inside });
  }

  function run(character: string): true {
    let end = at + 1;
    while (text[end] === character) end++;
    const found = scanRun(text, at, end, options.strikethrough);
    if (found.canOpen || found.canClose) runs.push(found);
    return add(end, found);
  }

  function takePointed(): boolean {
    const uri = match(URI);
    const address = (uri ?? match(MAIL))?.[1];
    return !!address && addLink(address, uri ? "" : "mailto:", 2);
  }

  function takeTag(): boolean {
    const found = options.html && match(TAG);
    if (!found) return false;
    const [tag, closing, written] = found;
    const end = at + tag.length;
    const name = written?.toLowerCase() as Tag | undefined;
    if (!name) return add(end, { kind: "break" });
    const opener = closing && tags.findLast((one) => one.name === name);
    if (opener) return close(opener, { kind: name, children: [] }, end);
    if (!closing && tags.length < MAX_DEPTH) tags.push({ ...here(), name });
    return add(end, tag);
  }

  function here(): Opener {
    return { token: tokens.length, from: at, bottom: runs.length };
  }

  /** Makes a span of all since `opener`. */
  function close(opener: Opener, inline: Parent, end: number): true {
    leave(opener);
    tokens[opener.token] = inline;
    return add(end, null);
  }

  /** Forgets what was opened since `opener`: nothing closes it any more. */
  function leave({ token, bottom }: Opener): void {
    matchRuns(runs, bottom, text.length);
    for (const list of [tags, brackets]) while ((list.at(-1)?.token ?? -1) >= token) list.pop();
    inactive = Math.min(inactive, brackets.length);
  }

  function openBracket(bracket: string): true {
    const last = brackets.at(-1);
    if (last) last.nested = true;
    brackets.push(here());
    return add(at + bracket.length, bracket);
  }

  const isImage = ({ from }: Opener) => text[from] === "!";

  const linkOf = (bracket: Opener, { href, title }: Definition): Parent => ({
    kind: isImage(bracket) ? "image" : "link",
    href,
    title,
    children: [],
  });

  function closeBracket(): boolean {
    const depth = brackets.length - 1;
    const bracket = brackets[depth];
    if (bracket && (isImage(bracket) || depth >= inactive)) {
      const target = scanTarget(text, at + 1) ?? referenceTarget(bracket);
      if (target) {
        close(bracket, linkOf(bracket, target), target.end);
        if (!isImage(bracket)) inactive = depth;
        return true;
      }
      if (unfinished && isLikely(text, bracket.from) && mayEnd(text, at)) {
        bracket.ended = true;
        return add(text.length);
      }
      loose ||= /^[[(]?$/.test(text[at + 1] ?? "");
      if (options.footnotes && footnote(bracket)) return true;
    }
    brackets.pop();
    inactive = Math.min(inactive, brackets.length);
    return false;
  }

  function footnote(bracket: Opener): boolean {
    const label = text.slice(bracket.from + 2, at);
    if (text[bracket.from + 1] !== "^" || !NOTE.test(label)) return false;
    const number = options.lookup(footnoteKey(foldLabel(label)))?.href;
    if (number === undefined) return false;
    leave(bracket);
    tokens.length = bracket.token;
    // As a link, it is in no other.
    inactive = brackets.length;
    return add(at + 1, { kind: "footnote", label, number });
  }

  function referenceTarget(bracket: Opener): Target | null {
    const full = scanLabel(text, at + 1);
    const inside = bracket.from + (isImage(bracket) ? 2 : 1);
    const own = bracket.nested || at - inside > 999 ? "" : text.slice(inside, at);
    const label = foldLabel(full?.label || own);
    const definition = label ? options.lookup(label) : undefined;
    return definition ? { ...definition, end: full?.end ?? at + 1 } : null;
  }

  /** Takes what is open at the end for what it will probably be, innermost first. */
  function guess(openFrom: number): void {
    const isLink = (one: Opener) =>
      one.ended || (one.from > text.length - LINK && isLikely(text, one.from));
    const open = [...brackets.slice(inactive).filter(isLink), ...tags]
      .filter(({ from }) => from > openFrom)
      .sort((a, b) => b.token - a.token);
    for (const one of open) {
      matchRuns(runs, one.bottom, openFrom);
      if (one.name) tokens[one.token] = { kind: one.name, children: [] };
      else if (text.length - one.from <= HELD) tokens.length = one.token;
      else tokens[one.token] = linkOf(one, { href: "", title: "" });
    }
  }

  while (at < text.length) step();
  const openFrom = unfinished ? text.length - REACH : text.length;
  if (unfinished) guess(openFrom);
  const open = matchRuns(runs, 0, openFrom);
  const settled = !loose && !(open.length + brackets.length + tags.length + spent.size);
  return { inlines: buildTree(tokens), settled };
}
