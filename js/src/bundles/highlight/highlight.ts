/** The part that colours code; loaded when the first block of a known language is written. */

import type { Highlighter } from "../../markdown/addons.js";
import { modeOf } from "./languages.js";
import { StreamReader } from "./reader.js";

export const highlighter: Highlighter = {
  open(language) {
    const mode = modeOf(language);
    return mode ? new StreamReader(mode) : null;
  },
};
