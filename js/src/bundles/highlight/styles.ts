/**
 * The names that modes give to what they find, reduced to those that have a colour. Plain names and
 * brackets have none: they are most of a program, and would double the elements on the page. Nor
 * have errors: what is wrong may only be incomplete.
 */

const STYLES: Readonly<Record<string, string>> = {
  atom: "atom",
  attribute: "attribute",
  attributeName: "attribute",
  bool: "atom",
  builtin: "builtin",
  character: "string",
  className: "type",
  color: "atom",
  comment: "comment",
  controlKeyword: "keyword",
  def: "name",
  definition: "name",
  deleted: "deleted",
  emphasis: "emphasis",
  escape: "string2",
  header: "heading",
  heading: "heading",
  inserted: "inserted",
  integer: "number",
  keyword: "keyword",
  labelName: "atom",
  link: "link",
  macroName: "meta",
  meta: "meta",
  modifier: "keyword",
  number: "number",
  operator: "operator",
  property: "property",
  propertyName: "property",
  qualifier: "type",
  regexp: "string2",
  self: "variable",
  special: "variable",
  standard: "builtin",
  string: "string",
  strong: "strong",
  tag: "tag",
  tagName: "tag",
  type: "type",
  typeName: "type",
  unit: "number",
  url: "link",
};

const known = new Map<string, string>();

/** The style for a mode's `names`: some, separated by spaces, each with modifiers after dots. */
export function styleOf(names: string): string {
  let style = known.get(names);
  if (style === undefined) {
    style = findStyle(names);
    known.set(names, style);
  }
  return style;
}

function findStyle(names: string): string {
  // The keys of JSON.
  if (names === "string property") return "property";
  for (const name of names.split(" ")) {
    const [base = "", ...modifiers] = name.split(".");
    if (base === "string" && modifiers.includes("special")) return "string2";
    for (const part of [...modifiers.reverse(), base]) {
      const style = STYLES[part];
      if (style) return style;
    }
  }
  return "";
}
