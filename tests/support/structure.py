"""A Markdown text's structure as plain data, as the saved form reads it: what
`js/test/markdown/structure.ts` says of the live view."""

from __future__ import annotations

import re
from typing import Any

from nbstream.markdown.blocks import Block, Document
from nbstream.markdown.inlines import MAX_DEPTH, Lookups, Token, parse
from nbstream.markdown.links import fold_label, unescape
from nbstream.markdown.markers import cells

Node = Any


def structure_of(text: str) -> list[Node]:
    """The leaves in order, each with what it is in and its inlines."""
    lines = re.split(r"\r\n|\n|\r", text.replace("\0", "\ufffd"))
    document = Document(lines)
    numbers: dict[str, int] = {}
    for number, note in enumerate(document.footnotes, 1):
        numbers.setdefault(fold_label(note.info or ""), number)

    used: set[str] = set()

    def definition(label: str) -> tuple[str, str] | None:
        found = document.definitions.get(label)
        if found:
            used.add(label)
        return (found.href, found.title) if found else None

    lookups = Lookups(definition, numbers.get)
    leaves: list[Node] = []

    def inlines(leaf: str) -> list[Node]:
        return tree(parse(leaf, lookups))

    def walk(block: Block, path: list[str]) -> None:
        kind = block.kind

        def add(name: str, *content: object) -> None:
            leaves.append([" ".join(path), name, *content])

        if kind in ("paragraph", "heading"):
            leaf = document.text_of(block)
            shown = [
                leaf[one.start : one.end - 1].replace("[", "&#91;")
                for one in block.definitions
                if fold_label(one.label) not in used
            ]
            leaf = "\n".join(part for part in (*shown, leaf[block.rest :].rstrip(" \t")) if part)
            if kind == "heading" or leaf:
                add("text" if kind == "paragraph" else f"h{block.level}", *inlines(leaf))
        elif kind == "code":
            lines = list(block.lines)
            while not block.fence and lines and not lines[-1].strip(" \t"):
                lines.pop()
            add("code", unescape(block.info or ""), *lines)
        elif kind == "math":
            add("math", document.text_of(block).strip(" \t"))
        elif kind == "rule":
            add("rule")
        elif kind == "table":
            for row in block.children:
                text = document.text_of(row)
                found = cells(text, block.columns)
                for index in range(block.columns):
                    start, end = found[index] if index < len(found) else (0, 0)
                    cell = re.sub(
                        r"\\(.)", lambda m: m[1] if m[1] == "|" else m[0], text[start:end]
                    )
                    add("cell", *inlines(cell.strip(" \t")))
        else:
            inner = path if kind in ("root", "list") else [*path, kind]
            if kind == "details":
                add("summary", *inlines(block.info or ""))
            for child in block.children:
                walk(child, inner)

    # What is referred to is known at the end.
    walk(document.root, [])
    leaves.clear()
    walk(document.root, [])
    return leaves


def tree(tokens: list[Token]) -> list[Node]:
    """The tree that tokens stand for, as `js/src/markdown/inlines/tokens.ts` builds it."""
    root: list[Node] = []
    stack = [root]
    into = root
    link = 0

    def add_text(text: str) -> None:
        if into and isinstance(into[-1], str):
            into[-1] += text
        elif text:
            into.append(text)

    def open_node(node: list[Node]) -> None:
        nonlocal into, link
        nested = link and node[0] == "link"
        if len(stack) <= MAX_DEPTH and not nested:
            into.append(node)
            into = node[-1]
        stack.append(into)
        if node[0] == "link":
            link = link or len(stack)

    def close() -> None:
        nonlocal into, link
        if len(stack) == link:
            link = 0
        stack.pop()
        into = stack[-1] if stack else root

    for token in tokens:
        kind = token.kind
        if kind in ("text", "escape", "entity", "newline"):
            add_text(token.text)
        elif kind == "close":
            close()
        elif token.run:
            for _ in token.run.closes:
                close()
            add_text(token.run.character * token.run.left)
            for span in reversed(token.run.opens):
                open_node([span, []])
        elif kind in ("link", "image"):
            open_node([kind, token.href, token.title, []])
        elif kind == "tag":
            open_node([token.text, []])
        elif kind == "address":
            open_node(["link", token.href, "", []])
            add_text(token.text)
            close()
        elif kind == "math":
            into.append(["math", token.text, token.display])
        elif kind == "footnote":
            into.append(["footnote", token.number])
        else:
            into.append([kind, *([token.text] if kind == "code" else [])])
    return root
