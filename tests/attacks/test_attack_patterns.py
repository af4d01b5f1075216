"""Patterns that take for ever: each does on a twin that uses the standard library alone, and ends in time here."""

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.domain.files import FileSettings
from openclaw_rpc.domain.markup import readable
from openclaw_rpc.protocol.errors import InvalidRequest, Timeout
from openclaw_rpc.protocol.file import FileSearchParams
from tests.support.workspace import files

ME = "owner"
EVIL = [r"(a+)+$", r"(a|a)*$", r"(a|aa)+$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(.*)*x(.*)*y(.*)*$"]


def test_the_twin_takes_twice_as_long_for_each_character_more() -> None:
    def seconds(length: int) -> float:
        began = time.perf_counter()
        re.search(r"(a+)+$", "a" * length + "b")
        return time.perf_counter() - began

    assert seconds(20) > 8 * seconds(14)


@pytest.mark.parametrize("pattern", EVIL)
async def test_a_regular_expression_that_never_ends_is_ended(tmp_path: Path, pattern: str) -> None:
    mine = files(tmp_path, settings=FileSettings(search_seconds=0.4))
    (tmp_path / "workspace/x").write_text("a" * 5000 + "!\n")
    began = time.monotonic()
    with anyio.fail_after(10), pytest.raises(Timeout, match="regular expression"):
        await mine.search(ME, FileSearchParams(pattern="*", content=pattern, regex=True))
    assert time.monotonic() - began < 5


async def test_the_gateway_answers_others_meanwhile(tmp_path: Path) -> None:
    mine = files(tmp_path, settings=FileSettings(search_seconds=0.5))
    (tmp_path / "workspace/x").write_text("a" * 5000 + "!\n")
    late: list[float] = []

    async def tick() -> None:
        while True:
            began = time.monotonic()
            await anyio.sleep(0.01)
            late.append(time.monotonic() - began)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(tick)
            with pytest.raises(Timeout):
                await mine.search(ME, FileSearchParams(pattern="*", content=EVIL[0], regex=True))
            group.cancel_scope.cancel()
    assert len(late) > 5 and sorted(late)[len(late) // 2] < 0.2


@pytest.mark.parametrize("pattern", ["a{99999}{99999}", "(" * 900 + ")" * 900, "(?:a{1000}){1000}" * 30])
async def test_a_regular_expression_too_large_to_compile_is_refused(tmp_path: Path, pattern: str) -> None:
    mine = files(tmp_path, settings=FileSettings(search_seconds=2))
    (tmp_path / "workspace/x").write_text("a")
    with anyio.fail_after(10):
        try:
            found = await mine.search(ME, FileSearchParams(pattern="*", content=pattern[:1000], regex=True))
        except (InvalidRequest, Timeout):
            return
    assert found.total <= 1


async def test_a_search_among_many_files_ends_in_time_with_what_it_found(tmp_path: Path) -> None:
    mine = files(tmp_path, settings=FileSettings(search_seconds=0.1))
    folder = tmp_path / "workspace/many"
    folder.mkdir()
    for number in range(500):
        (folder / f"{number}").write_text("x" * 20_000)
    began = time.monotonic()
    with anyio.fail_after(10):
        found = await mine.search(ME, FileSearchParams(pattern="*" * 400, content="y", limit=1000))
    assert time.monotonic() - began < 5 and found.total == 0


def test_a_page_made_to_hurt_is_read_in_a_moment_whatever_the_standard_library_does() -> None:
    began = time.perf_counter()
    HTMLParser().feed("<a " * 1000)
    twin = time.perf_counter() - began
    began = time.perf_counter()
    readable("<a " * 300_000, "https://x.org/")
    mine = time.perf_counter() - began
    print(f"the standard library: {twin:.3f} s for 1,000; here: {mine:.3f} s for 300,000")
    assert mine < 2
