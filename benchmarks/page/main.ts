/** What the benchmarks call in the page. */

import * as adversarial from "./adversarial.js";
import * as calm from "./calm.js";
import { CONTENDERS, loadHighlighter } from "./contenders.js";
import * as render from "./render.js";
import * as survival from "./survival.js";

const contenders = Object.keys(CONTENDERS);
const bench = { adversarial, calm, contenders, loadHighlighter, render, survival };

declare global {
  interface Window {
    bench: typeof bench;
  }
}

window.bench = bench;
