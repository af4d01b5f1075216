"""What the program may say to a user.

The texts in its code, its clients and its dashboard, the help of its commands, the descriptions in its schemas, and
the lines of its manual. `make texts` prints them, for somebody to read through.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_WORDS = re.compile(r"[a-z]{2,} [a-z]")
"""Two words in a row: names, keys and formats have none."""
_SCRIPT_TEXT = re.compile(r'/\*.*?\*/|(?<![:"])//[^\n]*|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\<;\n]|\\.)*)`', re.DOTALL)
"""A comment, or a text of JavaScript; of templates those in one line and without tags."""
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def texts() -> Iterator[tuple[str, str]]:
    """Each text, with where it is: `file:line`, or the schema. What stands in braces is filled in at run time."""
    for path in (*_files("openclaw_rpc", "*.py"), *sorted((ROOT / "clients/python/openclaw").glob("*.py"))):
        for line, text in _literals(ast.parse(path.read_text())):
            yield f"{path.relative_to(ROOT)}:{line}", text
    for path in (*_files("clients/dashboard", "*.js"), *_files("clients/js/src", "*.js")):
        if "vendor" not in path.parts:
            for line, text in _script_texts(path.read_text()):
                yield f"{path.relative_to(ROOT)}:{line}", text
    for path in sorted((ROOT / "schemas").glob("*.json")):
        for text in sorted(set(_descriptions(json.loads(path.read_text())))):
            yield str(path.relative_to(ROOT)), text
    for path in (
        ROOT / "README.md",
        *_files("openclaw_rpc/docs", "*.md"),
        *sorted((ROOT / "clients").glob("*/README.md")),
    ):
        for line, text in _prose(path.read_text()):
            yield f"{path.relative_to(ROOT)}:{line}", text


def _files(folder: str, pattern: str) -> list[Path]:
    return sorted((ROOT / folder).rglob(pattern))


def _literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The string literals of a module, those of an f-string as one; of its docstrings those of commands, their help."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and _is_command(node):
            yield node.lineno, ast.get_docstring(node) or ""
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            passed.update(id(part) for part in node.values)
            parts = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.lineno, node.value


def _is_command(function: ast.FunctionDef) -> bool:
    """Whether a function is decorated as a command or a group of click's."""
    called = (one.func for one in function.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Attribute) and one.attr in {"command", "group"} for one in called)


def _script_texts(source: str) -> Iterator[tuple[int, str]]:
    for found in _SCRIPT_TEXT.finditer(source):
        if text := found[1] or found[2]:
            yield source.count("\n", 0, found.start()) + 1, text


def _prose(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a page in Markdown, but for its code."""
    prose = _FENCED.sub(lambda code: "\n" * code[0].count("\n"), source)
    yield from ((number, line) for number, line in enumerate(prose.splitlines(), 1) if line)


def _descriptions(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key in {"summary", "description"} and isinstance(value, str):
                yield value
            yield from _descriptions(value)
    elif isinstance(document, list):
        for value in document:
            yield from _descriptions(value)


if __name__ == "__main__":
    for where, text in texts():
        if _WORDS.search(text):
            print(f"{where}: {text!r}")
