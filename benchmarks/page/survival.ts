/** What a reader did to the answer, and whether it lasts until the answer's end. */

import { CONTENDERS } from "./contenders.js";
import { place, removePlaces, stream } from "./frames.js";
import { cut, mixed, pythonBlock } from "./texts.js";

const WIDE = `\`\`\`python\nwide = [${"1234567890, ".repeat(60)}]\nmore = 1\n`;
const FOLD = "<details><summary>More</summary>\n\nWhat is folded away.\n\n";
const SCROLLED = 200;

/** Whether each of them survived; null if there was nothing of the kind to try it on. */
export interface Result {
  readonly selection: boolean | null;
  readonly scroll: boolean | null;
  readonly fold: boolean | null;
}

/** A block of code that scrolls sideways: an element of it, whichever does. */
function widest(el: Element): Element | undefined {
  return [...el.querySelectorAll("pre, code")].find(
    ({ clientWidth, scrollWidth }) => clientWidth && scrollWidth > clientWidth + SCROLLED,
  );
}

/** Streams an answer, acts as a reader early in it, and looks at its end. */
export async function run(contender: string, length: number): Promise<Result> {
  const create = CONTENDERS[contender];
  if (!create) throw new Error(`no ${contender}`);
  removePlaces();
  const el = place();
  const start = `The paragraph that is **selected** later.\n\n${FOLD}</details>\n\n${WIDE}`;
  const pieces = cut(`${start}${pythonBlock(100).slice(10)}\n${mixed(length)}`, 8);
  // Inside of the wide block of code, which is still open.
  const acting = Math.ceil(start.length / 8) + 2;
  const selection = getSelection() as Selection;
  let selected = "";
  let pane: Element | undefined;
  let fold: HTMLDetailsElement | null = null;
  const seen = (index: number) => {
    if (index !== acting) return true;
    const paragraph = el.querySelector("p");
    if (paragraph) selection.selectAllChildren(paragraph);
    selected = selection.toString();
    pane = widest(el);
    if (pane) pane.scrollLeft = SCROLLED;
    fold = el.querySelector("details");
    if (fold) fold.open = true;
    return true;
  };
  await stream(create, el, pieces, { seen });
  const result = {
    selection: selected ? selection.toString() === selected : null,
    scroll: pane ? pane.isConnected && pane.scrollLeft === SCROLLED : null,
    fold: lasted(fold),
  };
  selection.removeAllRanges();
  return result;
}

function lasted(fold: HTMLDetailsElement | null): boolean | null {
  return fold ? fold.isConnected && fold.open : null;
}
