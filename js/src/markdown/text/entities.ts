/**
 * Character references. The platform knows all 2,125 names of HTML: its own parser is asked, once for
 * each name, as a table of them would double the library.
 */

const NAMED = /&[a-zA-Z][a-zA-Z0-9]{1,31};/g;

/** More names than there are come from a text that makes them up. */
const MOST = 4096;

const known = new Map<string, string | null>();

/**
 * Looks up all names in `text` at once: one by one, many of them would take long. Only what matches
 * the pattern above, spaces between, is ever parsed, into a document that nothing runs or loads in.
 */
export function learnEntities(text: string): void {
  if (!text.includes("&")) return;
  if (known.size > MOST) known.clear();
  const found = new Set(text.match(NAMED));
  for (const name of found) if (known.has(name)) found.delete(name);
  if (!found.size) return;
  let decoded: string[] = [];
  try {
    const parsed = new DOMParser().parseFromString(`- ${[...found].join(" ")}`, "text/html");
    decoded = parsed.body.textContent.split(" ");
  } catch {
    // The page's policy (Trusted Types) forbids it: references stay text.
  }
  let index = 0;
  for (const name of found) {
    const value = decoded[++index] ?? name;
    // Longer: some names need no semicolon in HTML, as in `&copyx;`, which is none here.
    known.set(name, value.length < 3 ? value : null);
  }
}

/** What `reference` (with its `&` and `;`) stands for, null if that is unknown. */
export function decodeEntity(reference: string): string | null {
  if (reference[1] !== "#") {
    learnEntities(reference);
    return known.get(reference) ?? null;
  }
  // Decimal, or hexadecimal behind 0x.
  const code = Number(`0${reference.slice(2, -1)}`);
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return String.fromCodePoint(valid ? code : 0xfffd);
}
