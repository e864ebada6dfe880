/** The names that languages go by. */

import {
  c,
  cpp,
  csharp,
  dart,
  java,
  kotlin,
  objectiveC,
  scala,
} from "@codemirror/legacy-modes/mode/clike";
import { diff } from "@codemirror/legacy-modes/mode/diff";
import { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
import { fortran } from "@codemirror/legacy-modes/mode/fortran";
import { haskell } from "@codemirror/legacy-modes/mode/haskell";
import { http } from "@codemirror/legacy-modes/mode/http";
import { json, typescript } from "@codemirror/legacy-modes/mode/javascript";
import { julia } from "@codemirror/legacy-modes/mode/julia";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { octave } from "@codemirror/legacy-modes/mode/octave";
import { powerShell } from "@codemirror/legacy-modes/mode/powershell";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { protobuf } from "@codemirror/legacy-modes/mode/protobuf";
import { r } from "@codemirror/legacy-modes/mode/r";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { rust } from "@codemirror/legacy-modes/mode/rust";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { stex } from "@codemirror/legacy-modes/mode/stex";
import { swift } from "@codemirror/legacy-modes/mode/swift";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { xml } from "@codemirror/legacy-modes/mode/xml";
import { jsx, tsx } from "./jsx.js";
import { html, type Mode, python, pythonSession, shellSession } from "./mixed.js";
import { go, perl, php, sql, yaml } from "./modes.js";
import { cmake, css, makefile, markdown, nginx } from "./simple.js";

const NAMES: readonly (readonly [Mode, string])[] = [
  [python, "python py py3 python3 ipython ipython3 gyp sage starlark bzl"],
  [pythonSession, "pycon python-console python-repl doctest"],
  [jsx, "javascript js jsx mjs cjs node react ecmascript"],
  [typescript, "typescript ts mts cts"],
  [tsx, "tsx"],
  [json, "json jsonc json5 jsonl ndjson geojson jsonld ipynb"],
  [shell, "bash sh shell zsh ksh fish shellscript dotenv env"],
  [shellSession, "console shell-session shellsession sh-session terminal cmdline"],
  [
    sql,
    "sql mysql mariadb postgres postgresql pgsql psql plsql plpgsql sqlite tsql bigquery duckdb",
  ],
  [html, "html htm xhtml vue svelte astro html+django jinja jinja2 handlebars"],
  [xml, "xml svg xsl xslt xsd rss atom plist mathml xaml wsdl"],
  [css, "css postcss scss sass less"],
  [yaml, "yaml yml docker-compose compose"],
  [toml, "toml"],
  [rust, "rust rs"],
  [go, "go golang"],
  [c, "c h"],
  [cpp, "cpp c++ cc cxx hpp h++ hh cuda cu arduino ino"],
  [java, "java groovy gradle jenkinsfile"],
  [csharp, "csharp c# cs dotnet"],
  [kotlin, "kotlin kt kts"],
  [scala, "scala sbt"],
  [dart, "dart"],
  [objectiveC, "objectivec objective-c objc obj-c"],
  [php, "php php8"],
  [swift, "swift"],
  [r, "r rscript splus"],
  [julia, "julia jl"],
  [octave, "matlab octave m"],
  [fortran, "fortran f90 f95"],
  [ruby, "ruby rb rails irb"],
  [perl, "perl pl raku"],
  [lua, "lua luau"],
  [haskell, "haskell hs"],
  [powerShell, "powershell ps1 pwsh ps posh"],
  [diff, "diff patch udiff"],
  [dockerFile, "dockerfile docker containerfile"],
  [makefile, "makefile make mk"],
  [cmake, "cmake"],
  [nginx, "nginx"],
  [http, "http https"],
  [properties, "ini properties cfg conf editorconfig gitconfig"],
  [protobuf, "protobuf proto"],
  [stex, "latex tex bibtex"],
  [markdown, "markdown md mdx rmd qmd"],
];

const modes = new Map<string, Mode>();
for (const [mode, names] of NAMES) for (const name of names.split(" ")) modes.set(name, mode);

/** Every name of a language, to be tried one by one. */
export const languages: Iterable<string> = modes.keys();

/** The mode that reads `language`, whatever its case. */
export const modeOf = (language: string): Mode | undefined => modes.get(language.toLowerCase());
