/** Which addresses a text may link to. */

/** Without a user's name, which makes an address look as if it led elsewhere: https://bank@evil.com */
const ALLOWED = /^(?!https?:\/*[^/?#]*@)(?:https?|mailto):/i;

/**
 * The address as it is shown and linked to, or null if it is not one of the allowed kinds: without a
 * scheme of its own it would lead into the page, or to its server.
 */
export function allowedUrl(url: string): string | null {
  const encoded = encodeUrl(url);
  return ALLOWED.test(encoded) && URL.canParse(encoded) ? encoded : null;
}

/** Percent-encodes what may not be in an address; what is encoded already stays. */
export function encodeUrl(url: string): string {
  return url
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(/%(?![0-9a-f]{2})|[^\w\-.!~*'();/?:@&=+$,#%]/giu, encodeURIComponent);
}

/** The host that an address leads to, "" if it has none. */
export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
