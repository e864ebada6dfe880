/** How calm a stream is to read: what was shown and did not stay. */

import type { MarkdownOptions } from "../../src/markdown/renderer.js";
import { createRenderer } from "./html.js";

export interface Calmness {
  /** Characters that were taken away again, of each that is there at the end. */
  readonly rewritten: number;
  /** The part of the steps at which something that was shown vanished or changed. */
  readonly flicker: number;
  /** What was there before such a step and after it, where they differ. */
  readonly steps: readonly (readonly [before: string, after: string])[];
}

/** What can be seen: not what is hidden. */
function visible(node: Node): string {
  if (!(node instanceof HTMLElement)) return node.textContent ?? "";
  return node.hidden ? "" : [...node.childNodes].map(visible).join("");
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** How many characters the changes in `records` took away. */
function removed(records: readonly MutationRecord[]): number {
  let count = 0;
  const first = new Map<Node, string>();
  for (const record of records) {
    if (record.type === "characterData" && !first.has(record.target))
      first.set(record.target, record.oldValue ?? "");
    for (const node of record.removedNodes) if (!node.isConnected) count += visible(node).length;
  }
  for (const [node, old] of first) count += old.length - commonStart(old, (node as Text).data);
  return count;
}

export function measure(text: string, step: number, options: MarkdownOptions = {}): Calmness {
  const el = document.createElement("div");
  document.body.append(el);
  const renderer = createRenderer(el, options);
  const observer = new MutationObserver(() => {});
  observer.observe(el, {
    subtree: true,
    childList: true,
    characterData: true,
    characterDataOldValue: true,
  });
  let total = 0;
  let count = 0;
  const steps: [string, string][] = [];
  let before = "";
  const look = () => {
    total += removed(observer.takeRecords());
    count++;
    const after = visible(el);
    const same = commonStart(before, after);
    if (same < before.length)
      steps.push([before.slice(Math.max(0, same - 20)), after.slice(Math.max(0, same - 20))]);
    before = after;
  };
  for (let at = 0; at < text.length; at += step) {
    renderer.append(text.slice(at, at + step));
    look();
  }
  renderer.finish();
  look();
  observer.disconnect();
  el.remove();
  return { rewritten: total / before.length, flicker: steps.length / count, steps };
}
