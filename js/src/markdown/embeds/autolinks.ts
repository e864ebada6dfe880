/** Addresses in plain text that are links without any markup (an extension). */

import type { Autolink } from "../inlines/inline.js";
import { SIGN } from "../text/strings.js";

// Chinese and Japanese punctuation ends an address. So does a bracket that nothing opens, or a `*`,
// right before words in these scripts, which no space sets apart.
const ADDRESS =
  /(?:(?<![a-z\d])(?:https?|ftp):\/\/|(?<![!-'+-^`-}])www\.)(?:[([{][^\s<()[\]{}\u2014\u2018-\u201f\u2026\u3000-\u3003\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]*[)\]}]|(?![*~]+[^ -~\s])[^\s<)\]}\u2014\u2018-\u201f\u2026\u3000-\u3003\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]|[)\]}](?![^ -~\s]))+/gi;
const DOMAIN = /^(\w+:\/\/)?([\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*)/u;
const MAIL = /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?<![-_])(?![-\w@+]|\.[\w-])/g;
const TRAILING = /(?:&[a-z0-9]+;|[?!.,:*_~'")\]}])$/i;

/** Without punctuation at its end that belongs to the sentence. */
function trimAddress(address: string): string {
  let end = address.length;
  let extra = address.split(/[)\]}]/).length - address.split(/[([{]/).length;
  for (;;) {
    const tail = TRAILING.exec(address.slice(Math.max(0, end - 40), end))?.[0];
    if (!tail || (/[)\]}]/.test(tail) && extra-- <= 0)) return address.slice(0, end);
    end -= tail.length;
  }
}

/** All addresses in `text`, in its order. */
export function findAutolinks(text: string): Autolink[] {
  const found: Autolink[] = [];
  if (!SIGN.test(text)) return found;
  for (const { 0: whole, index: at } of text.matchAll(ADDRESS)) {
    const [, scheme, domain] = DOMAIN.exec(whole) ?? [];
    const parts = domain?.split(".") ?? [];
    if (parts.length < (scheme ? 1 : 2) || parts.slice(-2).join("").includes("_")) continue;
    found.push({ at, address: trimAddress(whole), scheme: scheme ? "" : "http://" });
  }
  for (const { 0: address, index: at } of text.matchAll(MAIL))
    found.push({ at, address, scheme: "mailto:" });
  return found.sort((a, b) => a.at - b.at);
}
