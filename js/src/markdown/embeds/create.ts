/** Embeds: code that is highlighted, images on a click, formulas once their renderer is there. */

import { noParts, type Parts } from "../addons.js";
import type { Embeds } from "../dom/embed.js";
import { findAutolinks } from "./autolinks.js";
import { CodeView } from "./code.js";
import { fillReference } from "./footnotes.js";
import { Formulas } from "./formulas.js";
import { updateImage } from "./images.js";

export interface EmbedOptions {
  /** Highlighting and mathematics; without them both are shown as they are written. */
  readonly parts?: Parts | undefined;
  /** Addresses without markup are links. */
  readonly autolinks?: boolean | undefined;
}

/** What `createRenderer` takes as `embeds`. */
export function createEmbeds({ parts = noParts, autolinks = true }: EmbedOptions = {}): Embeds {
  return ({ url, settled, again }) => {
    const formulas = new Formulas(parts, again);
    /** Code whose grammar came later than the code. */
    const stale = new Set<CodeView>();
    const late = (view: CodeView) => {
      stale.add(view);
      again();
    };
    return {
      code: () => new CodeView(parts, settled, late),
      addresses: autolinks ? findAutolinks : () => [],
      footnote: fillReference,
      image: (one, image) => updateImage(one, image, url),
      formula: (el) => formulas.add(el),
      work(time) {
        if (!formulas.work(time)) return false;
        for (const code of stale) {
          while (code.work()) if (!time()) return false;
          stale.delete(code);
        }
        return true;
      },
    };
  };
}
