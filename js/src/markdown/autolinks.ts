/** Addresses in plain text that are links without any markup (an extension). */

export interface Autolink {
  readonly at: number;
  readonly end: number;
  readonly href: string;
}

const ADDRESS = /(?:https?:\/\/|ftp:\/\/|www\.)[^\s<]+/gi;
const DOMAIN = /[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*/uy;
const TRAILING = "?!.,:*_~'\"";

/** The end of the address from `at` to `end` without punctuation that belongs to the sentence. */
function trimAddress(text: string, at: number, end: number): number {
  let opened = 0;
  let closed = 0;
  for (let n = at; n < end; n++) {
    if (text[n] === "(") opened++;
    else if (text[n] === ")") closed++;
  }
  for (let last = end; last > at; last--) {
    const character = text[last - 1] ?? "";
    if (character === ")" && closed > opened) closed--;
    else if (character === ";") {
      const entity = /&[a-z0-9]+;$/i.exec(text.slice(Math.max(at, last - 40), last));
      if (!entity) return last;
      last -= entity[0].length - 1;
    } else if (!TRAILING.includes(character)) return last;
  }
  return at;
}

function validDomain(domain: string, dotted: boolean): boolean {
  const parts = domain.split(".");
  return (parts.length > 1 || !dotted) && !parts.slice(-2).some((part) => part.includes("_"));
}

function findAddresses(text: string, found: Autolink[]): void {
  for (const match of text.matchAll(ADDRESS)) {
    const [whole] = match;
    if (match.index > 0 && !/[\s*_~(]/.test(text[match.index - 1] ?? "")) continue;
    const scheme = /^\w+:\/\//.exec(whole)?.[0] ?? "";
    DOMAIN.lastIndex = match.index + scheme.length;
    const domain = DOMAIN.exec(text)?.[0];
    if (!domain || !validDomain(domain, !scheme)) continue;
    const end = trimAddress(text, match.index, match.index + whole.length);
    const address = text.slice(match.index, end);
    found.push({ at: match.index, end, href: scheme ? address : `http://${address}` });
  }
}

const isName = (character: string | undefined) => /^[a-z0-9.\-_+]$/i.test(character ?? "");
const MAIL_DOMAIN = /[a-z0-9._-]+/iy;

function findMail(text: string, found: Autolink[]): void {
  let free = 0;
  for (let sign = text.indexOf("@"); sign >= 0; sign = text.indexOf("@", sign + 1)) {
    let at = sign;
    while (at > free && isName(text[at - 1])) at--;
    free = sign + 1;
    MAIL_DOMAIN.lastIndex = sign + 1;
    const domain = MAIL_DOMAIN.exec(text)?.[0].replace(/\.$/, "") ?? "";
    const end = sign + 1 + domain.length;
    if (at === sign || !/\.[^.]/.test(domain) || /[-_]$/.test(domain)) continue;
    if (text[end] === "+" || text[end] === "@") continue;
    found.push({ at, end, href: `mailto:${text.slice(at, end)}` });
    free = end;
  }
}

/** Without one of these there is no address. */
export const SIGN = /:\/\/|www\.|@/i;

/** All addresses in `text`, in its order. */
export function findAutolinks(text: string): Autolink[] {
  const found: Autolink[] = [];
  if (!SIGN.test(text)) return found;
  findAddresses(text, found);
  findMail(text, found);
  return found.sort((a, b) => a.at - b.at);
}
