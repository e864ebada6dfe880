import { matchAt } from "../text/strings.js";

/** One line of text and how far it has been read; a tab is as many columns as reach the next stop. */
export class Line {
  /** The next character to read. */
  at = 0;
  /** The first character from `at` on that is neither space nor tab. */
  next = 0;
  /** Columns of white space before `next`. */
  indent = 0;
  blank = false;
  #column = 0;
  /** Columns left over from a tab that was read in part; they come before `at`. */
  #pending = 0;

  constructor(readonly text: string) {
    this.#look();
  }

  #look(): void {
    let column = this.#column + this.#pending;
    let next = this.at;
    for (; next < this.text.length; next++) {
      const character = this.text[next];
      if (character === " ") column++;
      else if (character === "\t") column += 4 - (column % 4);
      else break;
    }
    this.next = next;
    this.indent = column - this.#column;
    this.blank = next === this.text.length;
  }

  /** Reads at most `columns` columns of white space. */
  skip(columns: number): void {
    let left = columns;
    while (left > 0) {
      if (this.#pending) {
        const count = Math.min(this.#pending, left);
        this.#pending -= count;
        this.#column += count;
        left -= count;
      } else if (this.text[this.at] === " ") {
        this.at++;
        this.#column++;
        left--;
      } else if (this.text[this.at] === "\t") {
        this.at++;
        this.#pending = 4 - (this.#column % 4);
      } else break;
    }
    this.#look();
  }

  /** Reads the white space and `count` characters after it. */
  take(count: number): void {
    this.#column += this.indent + count;
    this.#pending = 0;
    this.at = this.next + count;
    this.#look();
  }

  /** What follows the white space, as far as `pattern` (sticky) matches. */
  match(pattern: RegExp): string | null {
    return this.exec(pattern)?.[0] ?? null;
  }

  /** The same with the pattern's groups. */
  exec(pattern: RegExp): RegExpExecArray | null {
    return matchAt(pattern, this.text, this.next);
  }

  /** All that has not been read, the rest of a tab as spaces. */
  rest(): string {
    return " ".repeat(this.#pending) + this.text.slice(this.at);
  }

  /** All that has not been read, without the white space before it. */
  content(): string {
    return this.text.slice(this.next);
  }
}
