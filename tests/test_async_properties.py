"""Properties of coroutines: what they are given is drawn before they begin."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def test_no_coroutine_draws_while_it_runs() -> None:
    """Hypothesis leaves a test by an exception that anyio's runner dies of, and every test that comes after with it."""
    found = [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef)
        and any("DataObject" in ast.unparse(each.annotation) for each in node.args.args if each.annotation is not None)
    ]
    assert not found
