/** What a renderer can do without, and is too heavy to carry: highlighting and mathematics. */

/** A piece of a line: where it ends, and its style ("keyword", "string", ...; "" for none). */
export interface Token {
  readonly end: number;
  readonly style: string;
}

/** A block of code, read line by line. */
export interface CodeReader {
  /** Reads a line without its ending, and continues behind it. Its last token ends with it. */
  line(text: string): readonly Token[];
  /** A reader that stands where this one does. */
  copy(): CodeReader;
}

export interface Highlighter {
  /** A reader for a new block; null if nothing is known of `language`. */
  open(language: string): CodeReader | null;
}

export interface MathRenderer {
  /** A new element that shows `tex`, `display`ed as a block or in a line; null if it is not TeX. */
  render(tex: string, display: boolean): Element | null;
}

export interface PartTypes {
  highlight: Highlighter;
  math: MathRenderer;
}

export interface Parts {
  /** The part if it is there. Else null, and `ready` is called once it is; asking may fetch it. */
  get<Name extends keyof PartTypes>(name: Name, ready: () => void): PartTypes[Name] | null;
}

/** For pages that have none of them. */
export const noParts: Parts = { get: () => null };
