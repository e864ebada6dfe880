/** Languages that CodeMirror's modes lack, or know too little of. */

import { clike } from "@codemirror/legacy-modes/mode/clike";
import { go as goMode } from "@codemirror/legacy-modes/mode/go";
import { sql as sqlMode } from "@codemirror/legacy-modes/mode/sql";
import { yaml as yamlMode } from "@codemirror/legacy-modes/mode/yaml";
import type { StreamParser, StringStream } from "@codemirror/streamparser";

const words = (text: string): Record<string, true> =>
  Object.fromEntries(text.split(" ").map((word) => [word, true]));

const variable = (stream: StringStream) => stream.eatWhile(/\w/) && "variableName.special";

function comment(stream: StringStream): string {
  stream.skipToEnd();
  return "comment";
}

/** One SQL for all: nobody names the dialect, and the standard's few words leave queries grey. */
export const sql = sqlMode({
  keywords: words(
    "add after all alter always analyze and any array as asc authorization before begin between " +
      "both by call cascade case cast check cluster collate column comment commit constraint " +
      "copy create cross cube current current_date current_time current_timestamp cursor " +
      "database declare default deferrable delete desc describe distinct do drop each else end " +
      "escape except exec execute exists explain explode extension external fetch filter first " +
      "following for foreign from full function generated global grant group grouping having if " +
      "ignore ilike in index inner insert intersect interval into is isnull join key language " +
      "last lateral left like limit local lock loop materialized matched merge minus natural " +
      "no not notnull nulls of off offset on only or order out outer over overwrite partition " +
      "partitioned pivot preceding primary procedure qualify raise range recursive references " +
      "refresh regexp rename replace restrict return returning returns revoke right rlike role " +
      "rollback rollup row rows savepoint schema select sequence set sets show similar some " +
      "start table tablesample temp temporary then ties to top transaction trigger truncate " +
      "unbounded union unique unnest unpivot update use using vacuum values view when where " +
      "while window with within without",
  ),
  builtin: words(
    "bigint bigserial binary bit blob bool boolean bytea char character clob date datetime dec " +
      "decimal double enum float float4 float8 geography geometry hstore inet int int2 int4 int8 " +
      "integer json jsonb long longblob longtext map mediumint mediumtext money nchar number " +
      "numeric nvarchar precision real serial smallint string struct text time timestamp " +
      "timestamptz tinyint tsvector unsigned uuid varbinary varchar varying xml year",
  ),
  atoms: words("false true null unknown"),
  dateSQL: words("date time timestamp"),
  support: words("doubleQuote binaryNumber hexNumber zerolessFloat"),
  hooks: { "`": (stream: StringStream) => stream.match(/^[^`]*`?/) && "property" },
});

export const php = clike({
  name: "php",
  keywords: words(
    "abstract and array as break callable case catch class clone const continue declare default " +
      "die do echo else elseif empty enum exit extends final finally fn for foreach function " +
      "global goto if implements include include_once instanceof insteadof interface isset list " +
      "match namespace new or print private protected public readonly require require_once " +
      "return static switch throw trait try unset use var while xor yield",
  ),
  types: words("bool float int iterable mixed never object parent self string void"),
  atoms: words("true false null TRUE FALSE NULL __CLASS__ __DIR__ __FILE__ __LINE__ __METHOD__"),
  multiLineStrings: true,
  hooks: {
    $: variable,
    "<": (stream: StringStream) => stream.match(/^\?(?:php|=)?/) !== null && "meta",
    "?": (stream: StringStream) => stream.match(">") !== null && "meta",
    "#": (stream: StringStream) => !stream.match("[", false) && comment(stream),
  },
});

/** Perl without its regular expressions: the mode there is has 10 KB of function names. */
export const perl = clike({
  name: "perl",
  keywords: words(
    "and cmp continue do else elsif eq for foreach ge given gt if last le local lt my ne next no " +
      "not or our package redo require return sub unless until use wantarray when while xor",
  ),
  builtin: words(
    "bless chomp close defined delete die each eval exists grep join keys length map open pop " +
      "print printf push qw ref reverse say scalar shift sort splice split sprintf substr tr " +
      "uc undef unlink unshift values warn",
  ),
  hooks: {
    $: variable,
    "@": variable,
    "%": (stream: StringStream) => /[\w{]/.test(stream.peek() ?? "") && variable(stream),
    "#": comment,
    "/": (stream: StringStream) => stream.eat("/") !== null && "operator",
  },
});

/** Go, whose mode takes the dot in `fmt.Println` for a number. */
export const go: StreamParser<unknown> = {
  ...goMode,
  token(stream, state) {
    const style = goMode.token(stream, state);
    return stream.current() === "." ? null : style;
  },
};

/** YAML. The time that its mode needs grows with the fourth power of the spaces in a row. */
export const yaml: StreamParser<unknown> = {
  ...yamlMode,
  token(stream, state) {
    if (!stream.sol() || !/\s{60}/.test(stream.string)) return yamlMode.token(stream, state);
    stream.skipToEnd();
    return null;
  },
};
