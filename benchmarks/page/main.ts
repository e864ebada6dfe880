/** What the benchmarks call in the page. */

import { CONTENDERS, loadHighlighter } from "./contenders.js";
import * as render from "./render.js";

const bench = { loadHighlighter, contenders: Object.keys(CONTENDERS), render };

declare global {
  interface Window {
    bench: typeof bench;
  }
}

window.bench = bench;
