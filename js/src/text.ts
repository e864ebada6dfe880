/** Renders text as it is: text in, DOM out. Only createElement and createTextNode. */

export interface Renderer {
  /** Adds `text` at the end. */
  append(text: string): void;
  /** No more will come. */
  finish(): void;
}

/**
 * Lines per page. One block per line and older pages out of layout make the cost of an append
 * independent of the text before it; in one text node each append lays out everything again.
 */
const PAGE_LINES = 40;

/** A renderer that fills `el`, one block per line, white space kept. */
export function createRenderer(el: HTMLElement): Renderer {
  let page: HTMLElement | null = null;
  let line: HTMLElement | null = null;
  let open: Text | null = null;

  function startLine(): HTMLElement {
    if (!page || page.childElementCount === PAGE_LINES) {
      // The last full page stays in layout: the reader is probably there.
      page?.previousElementSibling?.classList.add("nbs-page-old");
      page = block("nbs-page", el);
    }
    return block("nbs-line", page);
  }

  function addToLine(text: string): void {
    line ??= startLine();
    if (open) open.appendData(text);
    else {
      open = document.createTextNode(text);
      line.append(open);
    }
  }

  function endLine(): void {
    line ??= startLine();
    // An empty block has no height and is not copied as a line.
    if (!open) line.append(document.createElement("br"));
    line = open = null;
  }

  return {
    append(text) {
      for (const [index, piece] of text.split("\n").entries()) {
        if (index > 0) endLine();
        if (piece) addToLine(piece);
      }
    },
    finish() {},
  };
}

function block(className: string, parent: HTMLElement): HTMLElement {
  const el = document.createElement("div");
  el.className = className;
  parent.append(el);
  return el;
}
