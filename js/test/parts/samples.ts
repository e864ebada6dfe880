/** A short program in every language, with what goes over several lines in it. */

export const samples: Record<string, string> = {
  python: `%matplotlib inline
!pip install numpy
import numpy as np

@dataclass(frozen=True)
class Point:
    """A point,
    in the plane."""
    x: float = 1.5e-3

    def norm(self) -> float:
        # the length
        return np.sqrt(self.x ** 2) if self else None

print(f"value {Point(1)!r:>10} {{", r'\\d+', 0xFF, True)
async def main(*args, **kwargs): await x; lambda y: y
s = '''one
two {'''
`,
  pycon: `>>> def f(x):
...     return x
>>> f("a")
'a'
`,
  javascript: `// a comment
/* more
   lines */
import { a } from "./b.js";
const re = /[/"]\\d+/gi, t = \`one \${a + 1}
two\`;
async function* go(x = 1) { for (const y of x) yield y ?? null; }
class A extends B { #p = 1; static get q() { return this.#p >= 2; } }
if (a < b && c > d) { label: while (true) break label; }
`,
  jsx: `export default function App({ items }) {
  return (
    <div className="app" onClick={() => go(1)}>
      <h1>It's {items.length > 0 ? "some" : 'none'}</h1>
      {items.map((i) => <Item key={i} {...i} />)}
      <></>
    </div>
  );
}
`,
  typescript: `interface Shape<T extends object = {}> { readonly kind: "a" | "b"; area?(x: number): Promise<T>; }
type Keys = keyof typeof shape;
enum Color { Red = 1 }
abstract class C<T> implements Shape<T> { private constructor(public a: string) { super(); } }
const x = y as unknown as Map<string, number[]>;
declare module "z" { export = foo; }
`,
  tsx: `const f = <T,>(x: T) => x;
export const A: React.FC<Props> = ({ a }: { a: string[] }) => {
  const [s, set] = useState<string | null>(null);
  return <B<string> c={s as any}>{a.map((x) => <li key={x}>{x}</li>)}</B>;
};
`,
  json: `{
  "name": "x", // not allowed
  "list": [1, -2.5e3, true, false, null, "a \\"b\\""],
  "open": {
`,
  bash: `#!/bin/bash
set -euo pipefail
for f in *.txt; do
  if [[ -n "\${f%.txt}" && $# -gt 0 ]]; then echo "hi $USER $(date +%s)"; fi
done
cat <<EOF
some $text
EOF
export PATH=$PATH:/usr/bin  # a comment
curl -s 'https://example.com' | grep --color=auto x > /dev/null 2>&1
`,
  console: `$ pip install nbstream
Collecting nbstream
user@host:~/work$ ls -la "a b"
total 0
`,
  sql: `-- a comment
/* more
lines */
WITH t AS (SELECT a, COUNT(*) OVER (PARTITION BY b ORDER BY c DESC) AS n FROM s.t1 LEFT JOIN t2 USING (id))
INSERT INTO x (a, \`b\`) VALUES (1.5, 'it''s', NULL, TRUE, DATE '2020-01-01');
CREATE TABLE IF NOT EXISTS z (id BIGINT PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'a
b');
CASE WHEN x <> 1 THEN "q" ELSE $1 END
`,
  html: `<!DOCTYPE html>
<html lang="en">
<head>
<!-- a
comment -->
<style>
  body > p.x:hover { color: #fff; }
</style>
<script type="module">
  const a = "</b>"; if (a < 2) go();
</script>
</head>
<body data-x='1'><p class="a
b">A &amp; B<br/></p>
<script>let one = 1;</script>
</body>
`,
  xml: `<?xml version="1.0"?>
<!-- a
comment --><a:b x="1"><![CDATA[ <x>
]]></a:b>
`,
  css: `@import url("a.css");
:root { --main-color: #06c; }
/* a
comment */
a:hover, li.item::before, #id > .b[href^="x"] { color: red !important; margin: 0 -1.5em; }
@media (min-width: 10px) and (orientation: landscape) {
  .c { background: url(a.png) no-repeat, linear-gradient(to right, rgba(0, 0, 0, .5) 10%, $x); }
}
`,
  scss: `$var: 10px; // a comment
@mixin m($a, $b: 1) { width: calc(100% - #{$a}); }
.nav { &:hover { color: $var; } li { @include m(1); a:focus { color:blue } } }
`,
  less: `@color: #333;
.a { .mixin(); color: @color; &-b { width: ~"calc(1px)"; } }
`,
  yaml: `# a comment
version: "3.8"
services: &anchor
  web:
    image: nginx:latest
    ports: [80, "443:443"]
    env: {A: 1, b: true}
    text: |
      some: text
      more
  other: *anchor
---
- 2020-01-01
- null
`,
  toml: `# a comment
title = "x"
[tool.poetry]
list = [1, 2.5, true, 'a', 1979-05-27T07:32:00Z]
text = """
some
text"""
[[array]]
`,
  rust: `//! docs
use std::collections::HashMap;
#[derive(Debug, Clone)]
pub struct A<'a, T: ?Sized> { pub x: &'a mut T, y: Vec<u8> }
impl<T> Trait for A<'_, T> where T: Copy {
    fn go(&self) -> Result<(), Box<dyn Error>> { let c = 'x'; println!("{:?}", r#"a "b"
c"#); Ok(()) }
}
/* a
comment */ const N: usize = 0xff_u64 as usize;
`,
  go: `package main

import "fmt"

type T struct { X int \`json:"x
y"\` }

// a comment
func (t *T) Go(ch chan<- string) (err error) {
	defer func() { recover() }()
	for i := range 10 { go f(i); ch <- 'x' }
	/* a
	comment */
	return fmt.Errorf("x: %w", nil)
}
`,
  c: `#include <stdio.h>
#define MAX(a, b) \\
  ((a) > (b) ? (a) : (b))
/* a
comment */
typedef struct node { unsigned long long x; struct node *next; } node_t;
static int main(int argc, char **argv) { printf("%d\\n", 0x1fUL); return NULL == 'a'; } // end
`,
  cpp: `#include <vector>
template <typename T> class A : public B<T> { public: A() noexcept = default; virtual ~A(); };
namespace n { auto f = [&](const std::string& s) -> int { return R"(raw
text)"; }; }
constexpr int x = 1'000'000; using enum E; co_await y;
`,
  java: `package a.b;
/** Docs
 * @param x */
@Override
public final class A<T extends B> implements C {
    private static final int N = 1_000; char c = 'x'; String t = """
        text
        block""";
    public A(List<? super T> x) throws E { switch (x) { case null -> super.go(); default -> {} } }
}
`,
  csharp: `using System;
namespace N;
#region x
public record A(int X) { public string Y { get; init; } = $"a {X}"; var v = @"a
b"; async Task<int?> Go() => await x ?? null; }
`,
  kotlin: `package a
data class A(val x: Int = 1, var y: String?) { companion object { const val N = 1L } }
fun main() { val s = """one
two \${'$'}x"""; when (x) { is A -> println("hi $x"); else -> null } } // end
`,
  scala: `object A extends App { def f[T](x: Int*): Option[T] = x match { case 1 | 2 => Some(x); case _ => None }
  val s = s"""a $x
b"""; lazy val y = 'sym }
`,
  dart: `import 'a.dart';
class A extends StatelessWidget { final String? x; const A({super.key, required this.x});
  @override Widget build(BuildContext c) => Text('$x \${y.z}'); Future<void> go() async { await z; } }
`,
  objc: `#import <Foundation/Foundation.h>
@interface A : NSObject
@property (nonatomic, strong) NSString *x;
- (void)go:(int)a { NSLog(@"x %@", self.x); }
@end
`,
  php: `<?php
namespace A\\B; // a comment
# another
#[Attribute]
final class C extends D { public function __construct(private ?string $x = null) { echo "a {$x}"; } }
/* more
lines */
foreach ($list as $key => $value) { $this->go(fn($y) => $y ** 2, 'text
more'); }
?>
`,
  swift: `import Foundation
@main struct A: View { @State private var x: Int? = nil
  func go<T>(_ a: T) async throws -> [String: Any] { guard let b = x else { return [:] }; print("\\(b)") } }
let s = """
one
"""
/* a
comment */
`,
  r: `library(dplyr)
# a comment
f <- function(x, ...) { if (is.null(x)) return(NA) else x %>% filter(a == 'b', c >= 1e-3L) }
df$x[[1]] <- TRUE; y ~ x + I(x^2); for (i in 1:10) print("a
b")
`,
  julia: `module A
using LinearAlgebra: norm
"""
    f(x)
"""
function f(x::Vector{T}; y=1.0im) where {T<:Real}
    #= a
    comment =#
    @time z = [i^2 for i in 1:10 if i % 2 == 0]; println("v = $(x[1]) $y"); x'
    return :sym, 'c', nothing
end
mutable struct P{T} <: Q; a::T; end
end
`,
  matlab: `function y = f(x)
% a comment
%{
more
%}
A = [1, 2; 3 4]'; s = 'it''s'; for i = 1:10, disp("x"), end
y = @(t) t.^2 + 1e3i; if ~isempty(x) && true, return; end
end
`,
  fortran: `program main
  implicit none
  integer, parameter :: n = 10 ! a comment
  real(8), dimension(:), allocatable :: x
  do i = 1, n
    if (x(i) .gt. 1.0d0) write(*,*) 'text', x(i)
  end do
end program main
`,
  ruby: `# a comment
require 'json'
module A; class B < C
  attr_accessor :x, :y
  def go(a, *b, k: 1, &blk) = @x ||= "v #{a + "n #{b}"}" if a =~ /re[/]x/i
  LIST = %w[a b]; puts <<~TEXT
    some #{text}
  TEXT
end; end
=begin
more
=end
x.each { |i| yield i unless nil? }
`,
  perl: `#!/usr/bin/perl
use strict; # a comment
my ($a, @b) = @_; my %h = (x => 1);
sub go { my $self = shift; return $self->{x} // "v $a\\n" if $a =~ m/x/ and $b % 2; }
print "hi\\n" foreach keys %h;
`,
  lua: `-- a comment
--[[ more
lines ]]
local function f(a, ...) local t = {x = 1, ["y"] = 'z', [[long
text]]}; for i, v in ipairs(t) do if not v ~= nil then return #t .. "a" end end end
`,
  haskell: `{-# LANGUAGE GADTs #-}
module Main where
import qualified Data.Map as M
{- a
comment -}
data T a = A { x :: !Int } | B deriving (Show, Eq)
f :: (Ord a) => [a] -> Maybe a
f (x:xs) | x > 1 = Just $ \\y -> 'c' -- end
         | otherwise = let z = "s" in case xs of { [] -> Nothing; _ -> do { r <- g; return r } }
`,
  powershell: `# a comment
<# more
lines #>
function Get-It { param([string]$Name = "x", [switch]$All)
  Get-ChildItem -Path $env:HOME -Recurse | Where-Object { $_.Length -gt 1KB } | ForEach-Object { "v $($_.Name)" } }
$t = @"
text $x
"@
if ($a -eq $null -and -not $true) { Write-Host 'it' }
`,
  diff: `diff --git a/x b/x
--- a/x
+++ b/x
@@ -1,2 +1,2 @@
 same
-old
+new
`,
  dockerfile: `# a comment
FROM python:3.12-slim AS build
ENV A="x" \\
    B=1
RUN pip install --no-cache-dir -r requirements.txt && \\
    echo "done"
COPY --from=build /a /b
EXPOSE 80
CMD ["python", "-m", "x"]
`,
  makefile: `# a comment
CC := gcc
.PHONY: all clean
all: main.o $(OBJS)
	$(CC) -o $@ $^ "x"
ifeq ($(A),1)
include b.mk
endif
`,
  cmake: `# a comment
cmake_minimum_required(VERSION 3.20)
project(x LANGUAGES CXX)
if(NOT WIN32 AND \${A})
  add_executable(a "b.cpp" \${SRC})
endif()
`,
  nginx: `# a comment
server {
    listen 80 default_server;
    server_name example.com ~^www\\d+;
    location / { proxy_pass http://127.0.0.1:8000; proxy_set_header Host $host; gzip on; expires 30d; }
}
`,
  http: `POST /v1/items HTTP/1.1
Host: example.com
Content-Type: application/json

{"a": 1}
`,
  ini: `; a comment
[section]
key = value
other: text # more
`,
  protobuf: `syntax = "proto3"; // a comment
message A { repeated string x = 1; map<string, int32> y = 2; optional B z = 3; }
service S { rpc Go (A) returns (stream A); }
`,
  latex: `\\documentclass[a4paper]{article} % a comment
\\begin{document}
\\section{One} Text with $x_1^2 + \\frac{a}{b}$ and \\textbf{bold}.
\\[ \\int_0^1
f \\]
\\verb|x_y| \\cite{k}
\\end{document}
`,
  markdown: `# Title
Some **bold**, \`code\`, [link](https://example.com) and <b>tag</b>.

- [x] item
> quote

\`\`\`python
# not a title
\`\`\`
---
1. last \\* one
`,
};
