/** The part that shows mathematics; loaded when the first formula is written. */

import temml from "temml";
import type { MathRenderer } from "../../markdown/addons.js";
import { exceedsBounds } from "./bounds.js";
import { buildElement, type TreeNode } from "./mathml.js";

/** How many formulas are kept: they are rendered again when the text around them is. */
const CACHED = 300;
/** Ems and points: as wide as a page, whatever the text asks for. */
const MAX_SIZE: [number, number] = [40, 400];
const MAX_EXPANSIONS = 1_000;
/** How long macros of its own can make a formula: each expansion may be as long as its source. */
const MAX_EXPANDED = 50_000;

const DEFINITION = /\\(?:[gex]?def|let|futurelet|(?:re)?newcommand|providecommand)(?![a-z])/i;

/**
 * Whether a macro in `tex` uses an argument twice. Chains of these grow exponentially, and few
 * expansions are enough, so that no limit to their number helps.
 */
function multiplies(tex: string): boolean {
  return tex
    .split(DEFINITION)
    .slice(1)
    .some((part) => {
      const uses: string[] = part.slice(part.indexOf("{")).match(/##|#./g) ?? [];
      return uses.includes("##") || new Set(uses).size < uses.length;
    });
}

function build(tex: string, display: boolean): Element | null {
  if (exceedsBounds(tex) || multiplies(tex)) return null;
  const defines = DEFINITION.test(tex);
  try {
    const tree = temml.__renderToMathMLTree(tex, {
      displayMode: display,
      annotate: true,
      throwOnError: true,
      trust: false,
      maxSize: MAX_SIZE,
      maxExpand: defines ? Math.min(MAX_EXPANSIONS, MAX_EXPANDED / tex.length) : MAX_EXPANSIONS,
      // A new one each time: it takes up what the formula defines.
      macros: {},
    }) as TreeNode;
    return buildElement(tree);
  } catch {
    // Not TeX, or what is not shown; deep nesting ends in an overflow of the stack.
    return null;
  }
}

const cache = new Map<string, Element | null>();

export const math: MathRenderer = {
  render(tex, display) {
    const key = (display ? "d" : "i") + tex;
    let el = cache.get(key);
    if (el === undefined) {
      el = build(tex, display);
      const [oldest] = cache.keys();
      if (cache.size >= CACHED && oldest !== undefined) cache.delete(oldest);
    } else cache.delete(key);
    // Those used last are kept longest.
    cache.set(key, el);
    return el && (el.cloneNode(true) as Element);
  },
};
