/** The style sheet of the views, one for all of them. */

import { rootOf } from "./dom.js";

const sheet = new CSSStyleSheet();

/**
 * Gives the page or the shadow root that `el` is in the style sheet `css`, once. marimo and Panel
 * show each widget in a shadow root, which the page's style sheets do not reach:
 * https://developer.mozilla.org/docs/Web/API/ShadowRoot/adoptedStyleSheets
 */
export function adoptStyle(el: Element, css: string): void {
  const sheets = rootOf(el).adoptedStyleSheets;
  if (!sheets || sheets.includes(sheet)) return;
  if (!sheet.cssRules.length) sheet.replaceSync(css);
  sheets.push(sheet);
}
