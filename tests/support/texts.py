"""What the program may say to a user: every text in its code, and every description in its schemas.

`make texts` prints them, for somebody to read through.
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


def texts() -> Iterator[tuple[str, str]]:
    """Each text, with where it is: `file:line`, or the schema. What stands in braces is filled in at run time."""
    for path in sorted((ROOT / "openclaw_rpc").rglob("*.py")):
        for line, text in _literals(ast.parse(path.read_text())):
            yield f"{path.relative_to(ROOT)}:{line}", text
    for path in sorted((ROOT / "schemas").glob("*.json")):
        for text in sorted(set(_descriptions(json.loads(path.read_text())))):
            yield str(path.relative_to(ROOT)), text


def _literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The string literals of a module but for its docstrings; those of an f-string as one."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            passed.update(id(part) for part in node.values)
            parts = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.lineno, node.value


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
