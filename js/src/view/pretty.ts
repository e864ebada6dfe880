/** JSON as it arrives, with line breaks. Pure. */

/**
 * Takes JSON piece by piece and gives the same with line breaks and indentation: what is given is
 * only ever added to. Text that is no JSON comes out with all of its characters but white space
 * outside of quotes.
 */
export function createPretty(): (piece: string) => string {
  let depth = 0;
  let quoted = false;
  let escaped = false;
  /** A bracket was opened, and nothing is in it yet. */
  let empty = false;

  const line = () => `\n${"  ".repeat(Math.min(depth, 32))}`;

  function write(one: string): string {
    if (quoted) {
      quoted = escaped || one !== '"';
      escaped = !escaped && one === "\\";
      return one;
    }
    if (/\s/.test(one)) return "";
    const closing = one === "}" || one === "]";
    if (closing) depth = Math.max(0, depth - 1);
    // Not in empty brackets.
    const before = empty !== closing && (empty || closing) ? line() : "";
    empty = one === "{" || one === "[";
    if (empty) depth++;
    quoted = one === '"';
    if (one === ",") return `,${line()}`;
    return before + (one === ":" ? ": " : one);
  }

  return (piece) => Array.from(piece, write).join("");
}
