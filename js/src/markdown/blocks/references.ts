/** Link reference definitions: `[label]: destination "title"` at the start of a paragraph. */

import {
  foldLabel,
  scanDestination,
  scanLabel,
  scanTitle,
  skipGap,
  skipSpaces,
} from "../text/strings.js";

export interface Definition {
  readonly href: string;
  readonly title: string;
}

export interface Definitions {
  readonly found: readonly (readonly [label: string, definition: Definition, source: string])[];
  /** What follows the definitions. */
  readonly rest: string;
}

const endsLine = (text: string, at: number) => at >= text.length || text[at] === "\n";

function scanDefinition(text: string, at: number) {
  const label = scanLabel(text, at);
  if (!label || text[label.end] !== ":") return null;
  const folded = foldLabel(label.label);
  const destination = scanDestination(text, skipGap(text, label.end + 1));
  if (!folded || !destination) return null;
  const gap = skipGap(text, destination.end);
  const title = gap > destination.end ? scanTitle(text, gap) : null;
  let end = title ? skipSpaces(text, title.end) : -1;
  const titled = title !== null && endsLine(text, end);
  if (!titled) end = skipSpaces(text, destination.end);
  if (!endsLine(text, end)) return null;
  const definition: Definition = { href: destination.value, title: titled ? title.value : "" };
  return { label: folded, definition, end: end + 1 };
}

/** The definitions that a paragraph's text begins with. */
export function takeDefinitions(text: string): Definitions {
  const found: [string, Definition, string][] = [];
  let at = 0;
  while (text[at] === "[") {
    const one = scanDefinition(text, at);
    if (!one) break;
    found.push([one.label, one.definition, text.slice(at, one.end - 1)]);
    at = one.end;
  }
  return { found, rest: text.slice(at) };
}
