/**
 * Temml's tree as elements of the page. Only what is listed here is ever made: what comes from the
 * text ends up in text nodes, in lengths, in colours, and nowhere else.
 */

const MATHML = "http://www.w3.org/1998/Math/MathML";
/** Layout of what is nested deeper is slow, and may overflow a browser's stack. */
const MAX_DEPTH = 100;
const MAX_NODES = 2_000;
/** Fractions, roots and scripts in one another, which macros can nest deeper than the source shows. */
const MAX_LEVELS = 25;

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const ELEMENTS = words(
  "math semantics annotation mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle mpadded " +
    "mphantom menclose msub msup msubsup munder mover munderover mmultiscripts mprescripts " +
    "mtable mtr mtd",
);
const LEVELS = words(
  "mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts mtable",
);
const ATTRIBUTES = words(
  "accent accentunder columnalign depth display displaystyle encoding fence form height largeop " +
    "linebreak linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize " +
    "movablelimits notation rowspacing rspace scriptlevel separator stretchy symmetric voffset width",
);
const STYLES = words(
  "border border-bottom border-left border-right border-top bottom color display font-weight " +
    "height justify-content left margin-left math-depth padding padding-bottom padding-left " +
    "padding-right padding-top position right text-align transform width",
);
/** Those that math.css has rules for, and some that only say what something is. */
export const CLASSES = words(
  "chr-lrg chr-lrg-vec chr-med chr-med-vec chr-sml chr-sml-vec downstrike sout tml-cancel " +
    "tml-fbox tml-hat-1 tml-hat-2 tml-hat-3 tml-hat-4 tml-jot tml-left tml-lrg-pad tml-med-pad " +
    "tml-overline tml-right tml-small tml-sml-pad tml-tilde-2 tml-tilde-3 tml-tilde-4 " +
    "tml-underline tml-vec tml-xcancel upstrike",
);
/** Numbers of equations and their labels, which this page has none of, and other browsers' mends. */
const NO_CLASSES =
  /^(?:tml-(?:display|eqn|eqref|label|prime|tag|tageqn)|(?:wbk|ff)-[a-z-]+|mathcal|mathscr|special-fraction)$/;
/** Lengths, colours and keywords: nothing with brackets, quotes or colons. */
const VALUE = /^[-+\w.#%\s]*$/;
/** Four digits that are no part of a colour or a fraction. Temml's limit is one to what is positive. */
const HUGE = /(?<![.\d#a-f])[1-9]\d{3}/i;
/** The styles that come as an attribute. */
const STYLE_TEXT = /^(?:font-weight|text-align): ?\w+;?$/;

/** What Temml's trees are made of. */
export interface TreeNode {
  readonly type?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly classes?: readonly string[];
  readonly style?: Readonly<Record<string, unknown>>;
  /** No list: none. */
  readonly children?: unknown;
}

/** Says that a tree holds what is not shown. */
export class Refused extends Error {}

/** An element for `node`; throws if anything in it is not allowed. */
export const buildElement = (node: TreeNode): Element => new Builder().element(node, 0, 0);

class Builder {
  private nodes = 0;

  /** `levels`: how many fractions and the like the node is in. */
  element(node: TreeNode, depth: number, levels: number): Element {
    const { type = "" } = node;
    if (!ELEMENTS.has(type)) throw new Refused(`<${type}>`);
    const inside = levels + Number(LEVELS.has(type));
    if (inside > MAX_LEVELS) throw new Refused("nested too deep");
    const el = document.createElementNS(MATHML, type);
    this.setClasses(el, node);
    this.setAttributes(el, node);
    this.append(el, node, depth + 1, inside);
    return el;
  }

  private append(el: Element, { children }: TreeNode, depth: number, levels: number): void {
    if (depth > MAX_DEPTH) throw new Refused("nested too deep");
    for (const child of listed(children)) {
      if (this.nodes++ > MAX_NODES) throw new Refused("too large");
      if (typeof child.text === "string") el.append(document.createTextNode(child.text));
      else if (child.type !== undefined) el.append(this.element(child, depth, levels));
      else if (isFragment(child)) this.append(el, child, depth + 1, levels);
      // Else it is HTML, and only an empty <span> is as good as none.
      else if (!("attributes" in child) || listed(child.children).length) throw new Refused("HTML");
    }
  }

  private setClasses(el: Element, { classes = [] }: TreeNode): void {
    for (const name of classes) {
      if (CLASSES.has(name)) el.classList.add(name);
      else if (name && !NO_CLASSES.test(name)) throw new Refused(`class ${name}`);
    }
  }

  private setAttributes(el: Element, { attributes = {}, style = {} }: TreeNode): void {
    const styles = Object.entries(style).map(([name, value]) => declaration(name, String(value)));
    for (const [name, value] of Object.entries(attributes)) {
      const text = String(value);
      if (name === "style" && STYLE_TEXT.test(text)) styles.push(text);
      else if (name === "encoding" && text === "application/x-tex") el.setAttribute(name, text);
      else if (ATTRIBUTES.has(name) && isValue(text)) el.setAttribute(name, text);
      // Labels are for references, and the page's ids are not the text's to give.
      else if (name !== "id") throw new Refused(`${name}="${text}"`);
    }
    if (styles.length) el.setAttribute("style", styles.join("; "));
  }
}

const isValue = (text: string) => VALUE.test(text) && !HUGE.test(text);

const listed = (children: unknown) => (Array.isArray(children) ? (children as TreeNode[]) : []);

const isFragment = (node: TreeNode) => !["attributes", "href", "src"].some((key) => key in node);

/** A style that is Temml's own, or one of the colours and lengths that it has checked. */
function declaration(name: string, value: string): string {
  const property = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (!STYLES.has(property) || !(isValue(value) || value === "scaleX(-1)"))
    throw new Refused(`style ${name}: ${value}`);
  return `${property}: ${value}`;
}
