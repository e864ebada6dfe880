/**
 * Bounds on formulas: what costs a page too much, or would be set outside of its place. The saved
 * form decides by the same rules (`nbstream/tex_bounds.py` says why), and `tests/fixtures/formulas.json`
 * holds both to them.
 */

/** Characters of one formula. */
const MAX_LENGTH = 2_000;
/** Levels of braces, fences, environments, scripts and arguments in one another. */
const MAX_DEPTH = 25;
/** Symbols, and levels beyond the sixth, which count twice. */
const MAX_WEIGHT = 600;
/** One length, and all of a formula, in ems. */
const MAX_EMS = 10;
const MAX_EMS_IN_ALL = 40;
/** Ems by which something may stand left of its place, or above or below it. */
const MAX_SHIFT = 2;
/** Symbols in an overlap, which has no width of its own: about 8 ems. A level counts as three. */
const MAX_LAP = 16;

const FREE_DEPTH = 6;
const SYMBOL_EMS = 0.4;
const LEVEL_IN_LAP = 3;

const TOKEN = /\\([A-Za-z]+)\*?|(%[^\n]*)|(\s+)|(\\?.)/suy;
const NAME = /\s*\{([^{}]*)\}/y;
const NEXT_COMMAND = /\s*(?:\\[A-Za-z]|[\^_])/y;
const DELIMITER = /\s*(?:\\[A-Za-z]+|\\?.)/suy;
const DELIMITERS = /(?:\s*\{[^{}]*\}|\s*(?:\\[A-Za-z]+|\\?.)){2}/suy;
const OPTION = /\s*\[([^\]]*)\]/y;
const LENGTH = /([-+\s]*)(\d+(?:[.,]\d*)?|[.,]\d+)\s*([A-Za-z]{2})/g;
const LENGTHS =
  /(?:\s|%[^\n]*|to(?![A-Za-z])|[-+]|(?:\d+(?:[.,]\d*)?|[.,]\d+)\s*[A-Za-z]{2}|\{\s*(?:[-+\s]*(?:\d+(?:[.,]\d*)?|[.,]\d+)\s*[A-Za-z]{2})?\s*\}|\[[^\]]*\])*/y;
const TAKES_OPTION = /\\(?:sqrt|smash|x\w+)\s*$/;

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const TAKES_LENGTHS = words(
  "kern mkern hskip mskip vskip hspace vspace mspace rule hrule vrule Rule Space raise lower " +
    "raisebox moveleft moveright above abovewithdelims genfrac",
);
const AFTER_DELIMITERS = words("genfrac abovewithdelims");
const SHIFTS = words("raise lower raisebox moveleft moveright");
const BACKWARDS = new Map([
  ["negthinspace", 1 / 6],
  ["negmedspace", 2 / 9],
  ["negthickspace", 5 / 18],
]);
const LAPS = words(
  "llap rlap clap mathllap mathrlap mathclap crampedllap crampedrlap crampedclap smash",
);
/** Style all that follows in their group: renderers nest it in them. */
const SWITCHES = words(
  "displaystyle textstyle scriptstyle scriptscriptstyle color rm bf it sf tt cal mit scr frak " +
    "tiny Tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge HUGE",
);
const TWO_ARGUMENTS = words(
  "frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel sideset textcolor " +
    "colorbox",
);
const ARGUMENTS = new Map<string, number>([
  ...[...TWO_ARGUMENTS].map((name): [string, number] => [name, 2]),
  ["prescript", 3],
  ["fcolorbox", 3],
]);
/** How many times MathJax lays out what stands in one: they multiply where they nest. */
const COSTS = new Map([
  ["overbracket", 4],
  ["underbracket", 4],
  ["pmb", 3],
  ["enclose", 2],
]);
const STRETCHED_ARROW = /^x[A-Za-z]*(?:arrow|harpoons|mapsto|tofrom)$/;
const EMS: Readonly<Record<string, number>> = {
  ...{ em: 1, ex: 0.5, mu: 1 / 18, px: 1 / 16, in: 7.3, cm: 2.9, mm: 0.29 },
  ...{ pt: 0.1, pc: 1.2, bp: 0.1, dd: 0.11, cc: 1.3, nd: 0.11, nc: 1.3, sp: 0 },
};

/** Whether `tex` should be shown as its source, not be set. */
export const exceedsBounds = (tex: string): boolean =>
  // Characters, as Python counts them.
  [...tex].length > MAX_LENGTH || new Scan(tex).isBeyond();

interface Level {
  readonly kind: "{" | "[" | "left" | "begin" | "switch" | "arguments";
  readonly depth: number;
  /** How many are still missing. */
  arguments: number;
  /** How many symbols a lap may still hold. */
  symbols: number;
  /** How many times each symbol in it counts. */
  readonly cost: number;
}

/** One walk over a formula. */
class Scan {
  #at = 0;
  #open: Level[] = [];
  #weight = 0;
  #ems = 0;
  #shift = 0;
  #backwards = 0;
  #isBeyond = false;

  constructor(private readonly tex: string) {}

  isBeyond(): boolean {
    while (!this.#isBeyond) {
      const token = this.#match(TOKEN);
      if (!token) break;
      this.#at = TOKEN.lastIndex;
      if (token[1]) this.#command(token[1]);
      else if (token[4]) this.#other(token[4]);
    }
    return this.#isBeyond || this.#shift > MAX_SHIFT || this.#weight > MAX_WEIGHT;
  }

  #match(pattern: RegExp, at = this.#at): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.tex);
  }

  #skip(pattern: RegExp): void {
    if (this.#match(pattern)) this.#at = pattern.lastIndex;
  }

  // -- tokens

  #command(name: string): void {
    const back = BACKWARDS.get(name);
    if (back) this.#stepBack(back);
    else if (TAKES_LENGTHS.has(name)) this.#takeLengths(name);
    else this.#mark(name);
  }

  #mark(name: string): void {
    this.#option();
    const count = ARGUMENTS.get(name);
    const cost = STRETCHED_ARROW.test(name) ? 2 : COSTS.get(name);
    if (name === "begin" || name === "end") {
      this.#skip(NAME);
      if (name === "begin") this.#push("begin");
      else this.#close("begin");
    } else if (name === "left" || name === "right") {
      this.#skip(DELIMITER);
      if (name === "left") this.#push("left");
      else this.#close("left");
    } else if (name === "cr") this.#endOfCell();
    else if (SWITCHES.has(name)) {
      if (name === "color") this.#skip(NAME);
      this.#push("switch");
    } else if (cost) {
      if (name === "enclose") this.#skip(NAME);
      this.#push("arguments", 1, Infinity, cost);
    } else if (LAPS.has(name)) this.#push("arguments", 1, MAX_LAP);
    else if (count) this.#push("arguments", count);
    else if (this.#match(NEXT_COMMAND)) {
      // It may take what follows as its argument: \hat\hat\hat x.
      this.#count();
      this.#push("arguments", 1);
    } else this.#symbol();
  }

  #other(character: string): void {
    if (character === "{") this.#push("{");
    else if (character === "}") this.#close("{");
    else if (character === "[" && TAKES_OPTION.test(this.tex.slice(0, this.#at - 1)))
      this.#push("[");
    else if (character === "]" && this.#open.at(-1)?.kind === "[") this.#open.pop();
    else if (character === "^" || character === "_") this.#push("arguments", 1);
    else if (character === "&") this.#endOfCell();
    else if (character === "\\\\") {
      this.#endOfCell();
      this.#option();
    } else if (character === "\\!") this.#stepBack(1 / 6);
    else this.#symbol();
  }

  // -- levels

  #push(kind: Level["kind"], count = 0, symbols = Infinity, factor = 1): void {
    const above = this.#open.at(-1);
    // An argument and its braces are one level.
    const isArgument = kind === "{" && above?.kind === "arguments";
    const depth = (above?.depth ?? 0) + (isArgument ? 0 : 1);
    this.#fillLaps(LEVEL_IN_LAP);
    const cost = factor * (above?.cost ?? 1);
    this.#open.push({ kind, depth, arguments: count, symbols, cost });
    if (!isArgument) this.#weight += cost * Math.max(cost > 1 ? 1 : 0, 2 * (depth - FREE_DEPTH));
    // Rows would stand above and below a line that has no room for them.
    const inLap = kind === "begin" && this.#open.some((level) => level.symbols < Infinity);
    this.#isBeyond ||= inLap || depth > MAX_DEPTH;
  }

  #close(kind: Level["kind"]): void {
    if (!this.#open.some((level) => level.kind === kind)) return;
    while (this.#open.pop()?.kind !== kind);
    this.#argumentEnded();
  }

  #endOfCell(): void {
    while (["arguments", "switch"].includes(this.#open.at(-1)?.kind ?? "")) this.#open.pop();
  }

  #argumentEnded(): void {
    for (let level = this.#open.at(-1); level?.kind === "arguments"; level = this.#open.at(-1)) {
      level.arguments--;
      if (level.arguments) return;
      this.#open.pop();
    }
  }

  #symbol(): void {
    this.#count();
    this.#argumentEnded();
  }

  #count(): void {
    this.#weight += this.#open.at(-1)?.cost ?? 1;
    this.#backwards = Math.max(0, this.#backwards - SYMBOL_EMS);
    this.#fillLaps(1);
  }

  #fillLaps(symbols: number): void {
    for (const level of this.#open) {
      level.symbols -= symbols;
      this.#isBeyond ||= level.symbols < 0;
    }
  }

  // -- lengths

  #takeLengths(name: string): void {
    if (AFTER_DELIMITERS.has(name)) this.#skip(DELIMITERS);
    const [found = ""] = this.#match(LENGTHS) ?? [];
    this.#at += found.length;
    this.#lengths(found, SHIFTS.has(name));
    if (name === "genfrac") this.#push("arguments", 3);
  }

  /** Lengths in brackets: of a line's end, of a box. */
  #option(): void {
    this.#lengths(this.#match(OPTION)?.[1] ?? "");
  }

  #lengths(text: string, isShift = false): void {
    for (const [, sign = "", number = "", unit = ""] of text.matchAll(LENGTH)) {
      const ems = Number(number.replace(",", ".")) * (EMS[unit.toLowerCase()] ?? 1);
      this.#ems += ems;
      this.#isBeyond ||= ems > MAX_EMS || this.#ems > MAX_EMS_IN_ALL;
      if (isShift) this.#shift += ems;
      else if (sign.includes("-")) this.#stepBack(ems);
    }
  }

  #stepBack(ems: number): void {
    this.#backwards += ems;
    this.#isBeyond ||= this.#backwards > MAX_SHIFT;
  }
}
