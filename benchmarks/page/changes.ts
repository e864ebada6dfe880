/** What was taken away between two states of what is shown. */

/** How many characters two texts have in common at their beginnings. */
function sameStart(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let same = 0;
  while (same < length && a.charCodeAt(same) === b.charCodeAt(same)) same++;
  return same;
}

/** How many, of at most `most`, they have in common at their ends. */
function sameEnd(a: string, b: string, most: number): number {
  let same = 0;
  while (same < most && a.charCodeAt(a.length - 1 - same) === b.charCodeAt(b.length - 1 - same))
    same++;
  return same;
}

/** The part of `before` that is not in `after`, if `after` is `before` with one change in it. */
function replaced(before: string, after: string): string {
  const start = sameStart(before, after);
  const end = sameEnd(before, after, Math.min(before.length, after.length) - start);
  return before.slice(start, before.length - end);
}

/** What of the text `before` is shown no longer; white space may come and go. */
export function vanished(before: string, after: string): string {
  if (after.startsWith(before)) return "";
  // A part that moved to another line is still shown.
  return replaced(before.replace(/\s+/g, ""), after.replace(/\s+/g, ""));
}

/** The text that is shown of `node`: not what is hidden, nor the labels of buttons. */
export function shownText(node: Node): string {
  if (node instanceof Text) return node.data;
  if (node instanceof HTMLElement && (node.hidden || node.matches(".nbs-code-head, button")))
    return "";
  let text = "";
  for (const child of node.childNodes) text += shownText(child);
  return text;
}

/** How many characters these mutations took away, or took away and put back. */
export function changed(records: readonly MutationRecord[]): number {
  let count = 0;
  // What a text node held before the next of its records is what the one after says.
  const next = new Map<Node, string>();
  for (const record of [...records].reverse()) {
    if (record.type === "characterData") {
      const before = record.oldValue ?? "";
      const after = next.get(record.target) ?? (record.target as CharacterData).data;
      next.set(record.target, before);
      count += replaced(before, after).length;
    } else for (const node of record.removedNodes) count += shownText(node).length;
  }
  return count;
}

/** Records all changes of text in `el`, for `takeRecords`. */
export function observed(el: Element): MutationObserver {
  const observer = new MutationObserver(() => {});
  observer.observe(el, {
    childList: true,
    characterData: true,
    characterDataOldValue: true,
    subtree: true,
  });
  return observer;
}
