/**
 * Languages described by rules. CSS and nginx have modes, but most of these are lists of names:
 * 11 KB of what is downloaded, and any word before a colon is a property as well. CMake's takes
 * seconds for a line of digits.
 */

import { type Rule, simpleMode } from "@codemirror/legacy-modes/mode/simple-mode";

export const makefile = simpleMode({
  start: [
    { regex: /#.*/, token: "comment" },
    { regex: /\$(?:[({][^)}]*[)}]?|.)/, token: "variableName.special" },
    { regex: /[-.\w/%]+(?=\s*[:+?!]?=)/, sol: true, token: "def" },
    { regex: /\.[A-Z_]+(?=\s*:)/, sol: true, token: "meta" },
    { regex: /[-.\w/%]+(?=[^:=]*:)/, sol: true, token: "def" },
    {
      regex: /(?:-?include|define|else|endef|endif|export|if(?:n?eq|n?def)|override)\b/,
      sol: true,
      token: "keyword",
    },
    { regex: /[:+?!]?=|::?/, token: "operator" },
    { regex: /"[^"]*"?|'[^']*'?/, token: "string" },
    { regex: /[^#$"':+?!=]+/, token: null },
  ],
});

const INLINE = [
  { regex: /`[^`]+`/, token: "string" },
  { regex: /(?:\*\*|__)(?=\S)[^*_]*(?:\*\*|__)/, token: "strong" },
  { regex: /!?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])/, token: "link" },
  { regex: /<[a-z][^\s>]*:[^\s>]*>|https?:\/\/[^\s>)]+/i, token: "link" },
  { regex: /<\/?[a-z][^>]*>?/i, token: "tag" },
  { regex: /\\./, token: "escape" },
  { regex: /[\w\s,.;]+/, token: null },
];

export const markdown = simpleMode({
  start: [
    { regex: /\s{0,3}```.*/, sol: true, token: "meta", next: "backticks" },
    { regex: /\s{0,3}~~~.*/, sol: true, token: "meta", next: "tildes" },
    { regex: /\s{0,3}#{1,6}(?:\s.*|$)/, sol: true, token: "heading" },
    { regex: /\s*(?:[-+*]|\d+[.)])\s(?:\[[ xX]\]\s)?/, sol: true, token: "keyword" },
    { regex: /\s*>/, sol: true, token: "meta" },
    { regex: /(?:---+|===+|\*\*\*+)\s*$/, sol: true, token: "meta" },
    ...INLINE,
  ],
  backticks: [
    { regex: /\s{0,3}```+\s*$/, sol: true, token: "meta", next: "start" },
    { regex: /.*/, token: "string" },
  ],
  tildes: [
    { regex: /\s{0,3}~~~+\s*$/, sol: true, token: "meta", next: "start" },
    { regex: /.*/, token: "string" },
  ],
});

const CSS_BASICS: Rule[] = [
  { regex: /\/\*/, token: "comment", push: "comment" },
  { regex: /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?/, token: "string" },
  { regex: /url\([^"')]*\)/i, token: "string" },
];
const CSS_COMMENT: Rule[] = [
  { regex: /.*?\*\//, token: "comment", pop: true },
  { regex: /.*/, token: "comment" },
];
const CSS_VARIABLE = /\$[\w-]+|--[\w-]+|[#@]\{[^}]*\}?/;

/** CSS, SCSS and Less. A word before a colon is a property, unless a selector continues there. */
export const css = simpleMode({
  start: [
    ...CSS_BASICS,
    { regex: /\/\/.*/, token: "comment" },
    { regex: /@[\w-]+(?=\s*:)/, token: "variableName.special", push: "value" },
    { regex: /@(?:[a-z]+-)*[a-z]+/i, token: "keyword" },
    { regex: /(?:\$|--)[\w-]+(?=\s*:)/, token: "variableName.special", push: "value" },
    { regex: CSS_VARIABLE, token: "variableName.special" },
    {
      regex: /[a-z][\w-]*(?=\s*:(?!(?:[^;{#]|#\{[^}]*\}|#(?!\{))*(?:\{|,\s*$)))/i,
      token: "property",
      push: "value",
    },
    { regex: /[a-z][\w-]*(?=\s*:[^;{}():]*\))/i, token: "property" },
    { regex: /[.#%][a-z_][\w-]*/i, token: "qualifier" },
    { regex: /::?[a-z][\w-]*/i, token: "atom" },
    { regex: /-?(?:\d*\.)?\d+[a-z%]*/i, token: "number" },
    { regex: /[a-z][\w-]*(?=\()/i, token: "builtin" },
    { regex: /&|[a-z][\w-]*|\*/i, token: "tag" },
    { regex: /[>+~=|^$]+/, token: "operator" },
    { regex: /\s+/, token: null },
  ],
  value: [
    ...CSS_BASICS,
    { regex: /[;{}]/, token: null, pop: true },
    { regex: /#[\da-f]{3,8}\b/i, token: "atom" },
    { regex: CSS_VARIABLE, token: "variableName.special" },
    { regex: /@[\w-]+/, token: "variableName.special" },
    { regex: /![a-z]+/i, token: "keyword" },
    { regex: /[-+]?(?:\d*\.)?\d+[a-z%]*/i, token: "number" },
    { regex: /[a-z][\w-]*(?=\()/i, token: "builtin" },
    { regex: /[a-z-][\w-]*/i, token: "atom" },
    { regex: /[\s:,]+/, token: null },
  ],
  comment: CSS_COMMENT,
});

export const nginx = simpleMode({
  start: [
    { regex: /#.*/, token: "comment" },
    { regex: /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?/, token: "string" },
    { regex: /\$\w+/, token: "variableName.special" },
    { regex: /\s*[a-z]\w*(?=[\s;{]|$)/, sol: true, token: "keyword" },
    { regex: /(?:on|off|true|false)(?=[\s;])/, token: "atom" },
    { regex: /\d+[a-z]*(?=[\s;])/, token: "number" },
    { regex: /[~=^*]+/, token: "operator" },
    { regex: /[^\s"'#$;{}]+/, token: null },
  ],
});

export const cmake = simpleMode({
  start: [
    { regex: /#\[\[/, token: "comment", next: "comment" },
    { regex: /#.*/, token: "comment" },
    { regex: /"(?:[^"\\$]|\\.|\$(?!\{))*/, token: "string", next: "string" },
    { regex: /\$(?:ENV)?\{[^}]*\}?/, token: "variableName.special" },
    { regex: /\w+(?=\s?\()/, token: "def" },
    {
      regex: /(?:AND|OR|NOT|STREQUAL|MATCHES|(?:VERSION_)?(?:LESS|GREATER|EQUAL))\b/,
      token: "keyword",
    },
    { regex: /(?:ON|OFF|TRUE|FALSE)\b/, token: "atom" },
    { regex: /\d[\d.]*\b/, token: "number" },
    { regex: /[\w-]+|\s+/, token: null },
  ],
  string: [
    { regex: /\$(?:ENV)?\{[^}]*\}?/, token: "variableName.special" },
    { regex: /"/, token: "string", next: "start" },
    { regex: /(?:[^"\\$]|\\.|\$(?!\{))+/, token: "string" },
  ],
  comment: [
    { regex: /.*?\]\]/, token: "comment", next: "start" },
    { regex: /.*/, token: "comment" },
  ],
});
