/** What a text cites, as a numbered list. */

import { allowedUrl, hostOf } from "../markdown/url.js";
import type { CitedSource } from "../protocol/messages.js";
import { h } from "./dom.js";

/** More sources than these are folded at first. */
const FEW = 4;

export interface Sources {
  readonly el: HTMLElement;
  update(sources: readonly CitedSource[] | undefined): void;
}

export function createSources(): Sources {
  const el = h("details", "nbs-sources");
  const summary = h("summary", "nbs-fold");
  const list = h("ol", "");
  let shown: readonly CitedSource[] | undefined;
  let touched = false;
  el.hidden = true;
  el.append(summary, list);
  summary.addEventListener("click", () => {
    touched = true;
  });

  return {
    el,
    update(sources) {
      if (sources === shown) return;
      shown = sources;
      const count = sources?.length ?? 0;
      el.hidden = !count;
      summary.textContent = count === 1 ? "1 source" : `${count} sources`;
      if (!touched) el.open = count <= FEW;
      list.replaceChildren(...(sources ?? []).map(entry));
    },
  };
}

function entry({ url = "", title = "", quote = "" }: CitedSource): HTMLElement {
  const item = h("li", "");
  const href = allowedUrl(url);
  const host = href ? hostOf(href).replace(/^www\./, "") : "";
  const words = title || host || url;
  if (href) {
    const link = h("a", "", words);
    Object.assign(link, { href, target: "_blank", rel: "noopener noreferrer", title: href });
    item.append(link);
  } else item.append(words);
  if (host && host !== words) item.append(h("span", "nbs-small", ` ${host}`));
  if (quote) item.title = quote;
  return item;
}
