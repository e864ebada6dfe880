/** The texts that are streamed: made up, the same in every run, ASCII (a piece splits no pair). */

import { fenced, python } from "./code.js";
import { between, pick, type Random, random } from "./random.js";

const WORDS = (
  "the a of to and in that it is as for with on by at from reader writer buffer queue server answer " +
  "token frame layout browser event stream memory cache request signal thread window cursor page " +
  "slow fast small large late early open closed first last every other same next long short " +
  "waits sends keeps drops grows ends starts holds moves asks gives takes needs shows counts"
).split(" ");

function words(next: Random, low: number, high: number): string {
  return Array.from({ length: between(next, low, high) }, () => pick(next, WORDS)).join(" ");
}

function inline(next: Random): string {
  const some = words(next, 1, 3);
  switch (between(next, 0, 15)) {
    case 0:
    case 1:
      return `**${some}**`;
    case 2:
      return `*${some}*`;
    case 3:
    case 4:
      return `\`${some.replaceAll(" ", "_")}()\``;
    case 5:
      return `[${some}](https://docs.example.org/${some.replaceAll(" ", "/")})`;
    case 6:
      return `${some} (${words(next, 1, 4)})`;
    default:
      return words(next, 3, 9);
  }
}

function sentence(next: Random): string {
  const text = Array.from({ length: between(next, 1, 4) }, () => inline(next)).join(" ");
  return `${text[0]?.toUpperCase()}${text.slice(1)}${pick(next, [".", ".", ".", "?", ":"])}`;
}

function sentences(next: Random, low: number, high: number): string {
  return Array.from({ length: between(next, low, high) }, () => sentence(next)).join(" ");
}

function item(next: Random, marker: string, indent: string): string {
  return `${indent}${marker} ${sentences(next, 1, 2)}`;
}

/** Items of one list: nested ones now and then, loose never. */
function items(next: Random, count: number, ordered: boolean): string[] {
  const lines: string[] = [];
  for (let index = 1; index <= count; index++) {
    lines.push(item(next, ordered ? `${index}.` : "-", ""));
    if (next() < 0.2)
      for (let inner = between(next, 1, 3); inner > 0; inner--)
        lines.push(item(next, "-", ordered ? "     " : "  "));
  }
  return lines;
}

function row(next: Random, columns: number): string {
  const cells = Array.from({ length: columns }, () =>
    next() < 0.2 ? inline(next) : words(next, 1, 4),
  );
  return `| ${cells.join(" | ")} |`;
}

function table(next: Random, columns: number, rows: number): string[] {
  const rule = Array.from({ length: columns }, () => pick(next, ["---", ":--", "--:", ":-:"]));
  return [
    row(next, columns),
    `| ${rule.join(" | ")} |`,
    ...Array.from({ length: rows }, () => row(next, columns)),
  ];
}

/** One block of an answer; prose is most of it. */
function block(next: Random): string {
  const choice = next();
  if (choice < 0.48) return sentences(next, 2, 5);
  if (choice < 0.6) return `${"#".repeat(between(next, 2, 4))} ${words(next, 2, 6)}`;
  if (choice < 0.78) return items(next, between(next, 3, 7), next() < 0.4).join("\n");
  if (choice < 0.9) return fenced(next);
  if (choice < 0.95) return table(next, between(next, 2, 4), between(next, 3, 8)).join("\n");
  if (choice < 0.98) return `> ${sentences(next, 1, 2)}\n> ${sentence(next)}`;
  return "---";
}

/** An answer with everything in it, about `length` characters long. */
export function mixed(length: number, seed = 1): string {
  const next = random(seed);
  let text = `# ${words(next, 3, 6)}\n\n`;
  while (text.length < length) text += `${block(next)}\n\n`;
  return text;
}

/** One block of `count` lines of Python. */
export function pythonBlock(count: number, seed = 2): string {
  return `\`\`\`python\n${python(random(seed), count).join("\n")}\n\`\`\`\n`;
}

/** One list, about `length` characters long. */
export function longList(length: number, seed = 3): string {
  const next = random(seed);
  let text = "";
  while (text.length < length) text += `${items(next, 1, false).join("\n")}\n`;
  return text;
}

/** One table, about `length` characters long. */
export function longTable(length: number, seed = 4): string {
  const next = random(seed);
  let text = `${table(next, 4, 0).join("\n")}\n`;
  while (text.length < length) text += `${row(next, 4)}\n`;
  return text;
}

/** The five texts of the benchmark; `scale` shortens all of them. */
export const TEXTS: Readonly<Record<string, (scale: number) => string>> = {
  "mixed 80 KB": (scale) => mixed(80_000 * scale),
  "mixed 400 KB": (scale) => mixed(400_000 * scale),
  "code 2,000 lines": (scale) => pythonBlock(Math.round(2000 * scale)),
  "list 80 KB": (scale) => longList(80_000 * scale),
  "table 80 KB": (scale) => longTable(80_000 * scale),
};

/** `text` cut into pieces of `length` characters. */
export function cut(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += length)
    pieces.push(text.slice(start, start + length));
  return pieces;
}
