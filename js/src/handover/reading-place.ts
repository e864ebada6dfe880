/** Where the reader is in a bounded answer, found again in the finished text that replaces it. */

import { keepInPlace } from "./scroll-anchor.js";

/** What is seen of an answer. */
export interface Place {
  /** All of it: it fits into its box. */
  readonly whole: boolean;
  /** Which of the cell's outputs it is. */
  readonly output: number;
  /** The height of the whole view. */
  readonly height: number;
  /** A block that is seen. */
  readonly block: Element | null;
  /** How much of the text is above what is seen (0 to 1). */
  readonly part: number;
  /** Its lower edge counts: the reader is at the end. */
  readonly atEnd: boolean;
  /** Where its edge is, from the top of the output. */
  readonly edge: number;
  /** How far the text is from the left of the output. */
  readonly left: number;
}

/** The place in the view in `el`; null if there is none to keep. */
export function findPlace(el: Element): Place | null {
  const box = el.querySelector<HTMLElement>(".nbs-box");
  const output = el.closest(".jp-OutputArea-output");
  const panel = output?.closest(".jp-OutputArea-child");
  if (!box || !output || !panel || box.matches(".nbs-expanded")) return null;
  const room = box.scrollHeight - box.clientHeight;
  const whole = room <= 1;
  const frame = output.getBoundingClientRect();
  const atEnd = !whole && room - box.scrollTop <= 2;
  const block = atEnd ? lastBlock(box) : firstSeen(box);
  return {
    whole,
    output: [...(panel.parentElement?.children ?? [])].indexOf(panel),
    height: el.getBoundingClientRect().height,
    block,
    part: whole ? 0 : box.scrollTop / room,
    atEnd,
    edge: block ? edgeOf(block, atEnd) - frame.top : 0,
    left: leftOf(box) - frame.left,
  };
}

/** The rendered texts in `box`; without a search, which would go through all of them. */
const answersIn = (box: Element): Element[] =>
  [...(box.firstElementChild?.children ?? [])].flatMap((part) =>
    part.matches(".nbs-text")
      ? [...(part.lastElementChild?.children ?? [])].filter((el) => el.matches(SHOWN))
      : [],
  );

const SHOWN = ".nbs-markdown:not([hidden])";

const edgeOf = (block: Element, lower: boolean): number =>
  block.getBoundingClientRect()[lower ? "bottom" : "top"];

/** The blocks in `el`; pages are opened. */
const blocksIn = (el: Element): Element[] =>
  [...el.children].flatMap((child) => (child.matches(".nbs-page") ? blocksIn(child) : [child]));

function lastBlock(box: Element): Element | null {
  let last = answersIn(box).at(-1)?.lastElementChild ?? null;
  if (last?.matches(".nbs-page")) last = last.lastElementChild;
  // Definitions of links are paragraphs that are not shown.
  while (last?.matches("[hidden]")) last = last.previousElementSibling;
  return last;
}

function firstSeen(box: Element): Element | null {
  const { top } = box.getBoundingClientRect();
  const seen = (block: Element) => edgeOf(block, true) > top;
  // Page by page: to ask for the place of what is not laid out would lay it out.
  const page = answersIn(box)
    .flatMap((el) => [...el.children])
    .find(seen);
  return page?.matches(".nbs-page") ? (blocksIn(page).find(seen) ?? null) : (page ?? null);
}

/** The words of a block, without what pages add to them. */
const wordsOf = (block: Element): string =>
  ((block.querySelector("pre") ?? block).textContent ?? "").replace(/[\s¶]+/g, "");

/**
 * Makes the finished text in `area` as high as the view was, with the same text in the same place, for
 * as long as this page shows it. False if the text is not there yet.
 */
export function bound(area: Element, place: Place): boolean {
  const panel = area.children[place.output] as HTMLElement | undefined;
  const text = panel?.querySelector<HTMLElement>(".jp-RenderedMarkdown.jp-OutputArea-output");
  if (!panel || !text?.childElementCount) return false;
  const { style } = text;
  const { paddingTop, paddingRight } = getComputedStyle(text);
  const twin = findTwin(text, place.block);
  style.paddingLeft = `${place.left}px`;
  const from = () => (twin ? edgeOf(twin, place.atEnd) - text.getBoundingClientRect().top : 0);
  if (place.whole) {
    // Where the header was.
    const gap = twin ? place.edge - from() : 0;
    if (gap > 0) style.paddingTop = `${pixels(paddingTop) + gap}px`;
    return true;
  }
  style.maxHeight = `${place.height}px`;
  // The scrollbar takes its room from the padding: no line is broken again.
  style.paddingRight = `${Math.max(0, pixels(paddingRight) - (text.offsetWidth - text.clientWidth))}px`;
  if (text.scrollHeight <= text.clientHeight + 1) return true;
  if (twin) {
    const top = from() - place.edge;
    // At the end: what follows the text is seen whole.
    const below = text.scrollHeight - text.clientHeight - top;
    if (place.atEnd && below > 0) style.maxHeight = `${place.height + below}px`;
    text.scrollTop = top;
  } else text.scrollTop = place.part * (text.scrollHeight - text.clientHeight);
  panel.style.position = "relative";
  panel.append(toggle(text, style.maxHeight));
  return true;
}

/** The block of the finished text with the same words; the third such block for the third. */
function findTwin(text: Element, block: Element | null): Element | undefined {
  const answer = block?.closest(".nbs-markdown");
  if (!block || !answer) return undefined;
  const words = wordsOf(block);
  const same = (blocks: Element[]) => blocks.filter((other) => wordsOf(other) === words);
  return same(blocksIn(text))[same(blocksIn(answer)).indexOf(block)];
}

/** Where the text in `box` begins. */
function leftOf(box: Element): number {
  const text = box.querySelector(".nbs-content > :not([hidden])") ?? box;
  return text.getBoundingClientRect().left + pixels(getComputedStyle(text).paddingLeft);
}

const pixels = (length: string): number => Number.parseFloat(length) || 0;

/** Its styles are its own: the view's are gone with the view. */
const BUTTON = `position: absolute; right: 20px; bottom: 4px; padding: 1px 10px;
  border: 1px solid var(--jp-border-color2, #ccc); border-radius: 11px; font-size: 12px;
  background: var(--jp-layout-color0, Canvas); color: var(--jp-ui-font-color1, CanvasText);
  cursor: pointer; user-select: none;`;

/** Shows all of `text`, and less again. */
function toggle(text: HTMLElement, height: string): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.style.cssText = BUTTON;
  button.className = "nbs-show-all";
  const show = (all: boolean) => {
    text.style.maxHeight = all ? "" : height;
    button.textContent = all ? "Show less" : "Show all";
    button.setAttribute("aria-expanded", String(all));
  };
  text.tabIndex = 0;
  button.addEventListener("click", () => {
    const all = Boolean(text.style.maxHeight);
    // The text stays in place when it gets more room, the button when the text gives it up.
    keepInPlace((all && text.firstElementChild) || button, text, () => {
      show(all);
      if (!all) text.scrollTop = text.scrollHeight;
    });
  });
  show(false);
  return button;
}
