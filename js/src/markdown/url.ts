/** Which addresses a text may link to. */

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** The address as it is shown and linked to, or null if it is not one of the allowed kinds. */
export function allowedUrl(url: string): string | null {
  // Without a scheme of its own an address would lead into the page, or to its server.
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return null;
  try {
    return ALLOWED.has(new URL(url).protocol) ? encodeUrl(url) : null;
  } catch {
    return null;
  }
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
