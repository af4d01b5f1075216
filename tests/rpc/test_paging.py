"""Lists come in pages that fit a message; the pages are the list, in its order, whoever makes the cursors."""

from typing import Any, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.sizes import size_of
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.base import Page, Paged
from openclaw_rpc.protocol.log import LogEntry, LogLines, LogTailParams, tail
from openclaw_rpc.protocol.mcp import McpServerInfo, McpServerList, list_
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.rpc.paging import going_on, sliced

MOST = 4000
SIZES = st.lists(st.integers(0, 6000), max_size=40)


def pages(method: Method[Any, Any], params: Any, result: Any) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    while True:
        asked = params(cursor=cursor)
        found.append(sliced(method, asked, going_on(method, asked, result), MOST))
        assert size_of(found[-1]) <= MOST + 100
        cursor = found[-1].next_cursor
        if cursor is None:
            return found


@given(SIZES)
def test_the_pages_of_a_list_are_the_list(sizes: list[int]) -> None:
    servers = [
        McpServerInfo(name=f"n{at}", transport="http", status="ready", tools=["x" * size], restarts=0)
        for at, size in enumerate(sizes)
    ]
    found = pages(list_, Paged, McpServerList(servers=servers))
    assert [each.name for page in found for each in page.servers] == [each.name for each in servers]


@given(SIZES)
def test_of_what_is_newest_last_the_last_page_comes_first(sizes: list[int]) -> None:
    lines = [
        LogEntry(timestamp=str(at), level="info", component="c", message="x" * size) for at, size in enumerate(sizes)
    ]
    found = pages(tail, LogTailParams, LogLines(logs=lines))
    assert [line.timestamp for page in reversed(found) for line in page.logs] == [line.timestamp for line in lines]


@pytest.mark.parametrize("method", table.METHODS, ids=lambda method: method.name)
def test_every_row_that_answers_a_list_of_things_says_that_it_comes_in_pages(method: Method[Any, Any]) -> None:
    fields = getattr(method.result, "__annotations__", {})
    assert method.pages in ("", *fields)
    if not isinstance(method.result, type) or get_origin(method.result) is not None:
        assert not issubclass(method.params, Paged)  # any JSON comes whole
    elif issubclass(method.result, Page) or issubclass(method.params, Paged):
        assert issubclass(method.result, Page)
        assert issubclass(method.params, Paged)
        assert method.pages
    if method.name.endswith(".list"):
        assert method.pages
        assert "next_cursor" in method.result.__struct_fields__
