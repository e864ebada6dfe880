/** Made-up source code of several languages. */

import { between, pick, type Random } from "./random.js";

const NAMES =
  "reader writer buffer queue batch record window cursor token frame stream chunk".split(" ");
const VERBS = "open close read write flush merge split parse check count drop fetch".split(" ");

const name = (next: Random): string => pick(next, NAMES);
const call = (next: Random): string => `${pick(next, VERBS)}_${name(next)}`;

/** A Python function of a few lines, as source that would compile. */
function pythonFunction(next: Random): string[] {
  const value = name(next);
  const lines = [
    `def ${call(next)}_${between(next, 1, 999)}(${value}: list[int], limit: int = ${between(next, 1, 99)}) -> int:`,
    `    """Return what is left of the ${value} once the limit is reached."""`,
    `    total = 0  # nothing counted yet`,
    `    for index, item in enumerate(${value}):`,
    `        if item > limit and index % ${between(next, 2, 9)} == 0:`,
    `            raise ValueError(f"{item!r} at {index} is over the limit")`,
    `        total += item * ${between(next, 2, 50)}`,
  ];
  for (let count = between(next, 0, 6); count > 0; count--)
    lines.push(`    ${name(next)}_${count} = ${call(next)}(total, "${name(next)} ${count}")`);
  return [...lines, "    return total", "", ""];
}

/** `count` lines of Python. */
export function python(next: Random, count: number): string[] {
  const lines = ["from __future__ import annotations", "", ""];
  while (lines.length < count) lines.push(...pythonFunction(next));
  return lines.slice(0, count);
}

function typescript(next: Random): string[] {
  const value = name(next);
  return [
    `export async function ${pick(next, VERBS)}(${value}: Map<string, number>): Promise<number> {`,
    `  // The ${value} may be empty.`,
    `  for (const [key, value] of ${value}) {`,
    `    if (value > ${between(next, 1, 99)}) await send(\`\${key}: \${value}\`);`,
    "  }",
    `  return ${value}.size;`,
    "}",
  ];
}

function json(next: Random): string[] {
  const entries = [1, 2, 3].map((n) => `  "${name(next)}_${n}": [${n}, null, "${name(next)}"],`);
  return ["{", ...entries, `  "enabled": true`, "}"];
}

function bash(next: Random): string[] {
  const file = name(next);
  return [
    "set -eu",
    `for ${file} in "$HOME"/*.txt; do`,
    `  grep -c '${name(next)}' "$${file}" | sort -n  # how often`,
    "done",
  ];
}

function sql(next: Random): string[] {
  const table = name(next);
  return [
    `SELECT ${table}.id, count(*) AS total`,
    `FROM ${table} LEFT JOIN ${name(next)}s USING (id)`,
    `WHERE created > '2024-01-${between(next, 10, 28)}' -- recent ones`,
    "GROUP BY 1 ORDER BY total DESC;",
  ];
}

const LANGUAGES: readonly [string, (next: Random) => string[]][] = [
  ["python", pythonFunction],
  ["typescript", typescript],
  ["json", json],
  ["bash", bash],
  ["sql", sql],
  ["", (next) => [`$ ${call(next)} --${name(next)}`, `${between(next, 1, 900)} done`]],
];

/** A fenced block of code in one of several languages. */
export function fenced(next: Random): string {
  const [language, make] = pick(next, LANGUAGES);
  return [`\`\`\`${language}`, ...make(next), "```"].join("\n");
}
