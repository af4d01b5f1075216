"""Work in threads: its end is awaited whatever cancels."""

import ast
import asyncio
import threading
from pathlib import Path

import anyio
import pytest

import openclaw_rpc
from openclaw_rpc.threads import in_thread

pytestmark = pytest.mark.anyio
PACKAGE = Path(openclaw_rpc.__file__).parent


class Work:
    """Work that begins, and goes on until it may end."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.ended = False

    def __call__(self) -> str:
        self.begun.set()
        assert self.may_end.wait(10)
        self.ended = True
        return "done"


async def begun(work: Work) -> None:
    with anyio.fail_after(10):
        await anyio.to_thread.run_sync(work.begun.wait)


async def test_what_the_work_returns_and_raises_arrives() -> None:
    assert await in_thread(max, 3, 5) == 5
    with pytest.raises(ValueError, match="invalid literal"):
        await in_thread(int, "x")


async def test_a_task_that_is_cancelled_twice_ends_after_its_thread() -> None:
    work = Work()
    task = asyncio.ensure_future(in_thread(work))
    await begun(work)
    for _ in range(2):
        task.cancel()
        await anyio.wait_all_tasks_blocked()
        assert not task.done()
    work.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.ended


async def test_a_scope_that_is_cancelled_ends_after_its_thread() -> None:
    work = Work()
    async with anyio.create_task_group() as group:
        group.start_soon(in_thread, work)
        await begun(work)
        group.cancel_scope.cancel()
        work.may_end.set()
    assert work.ended


def test_no_other_module_starts_threads_whose_end_nobody_awaits() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "threads.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "to_thread"
    ]
    assert not found
