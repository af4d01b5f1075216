"""Which files follow an answer."""

from __future__ import annotations

from typing import Any

import pytest

from openclaw_rpc.domain.channels.made import LOOKED_AT, named_files
from openclaw_rpc.domain.records import RunRecord
from openclaw_rpc.protocol.chat import ToolUse


def ended(response: str, *calls: tuple[str, str]) -> RunRecord:
    """A run that used tools on paths, and what it said."""
    tool_calls = [
        ToolUse(call_id="c", tool=tool, duration_ms=1, params={"path": path}, result={"path": path})
        for tool, path in calls
    ]
    given: dict[str, Any] = {"id": "r", "session_id": "s", "session_key": "k", "user": "owner", "agent_id": "a"}
    return RunRecord(status="completed", created_at="", response=response, tool_calls=tool_calls, **given)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("It is in `out/my report.pdf`.", "out/my report.pdf"),
        ("[the report](/out/report.pdf)", "/out/report.pdf"),
        ("![chart](chart.png)", "chart.png"),
        ("I made report.csv, as you wished.", "report.csv"),
        ("Saved as **out/report.csv**.", "out/report.csv"),
        ("保存在 report.csv。", "report.csv"),
    ],
)
def test_an_answer_names_files_in_many_ways(said: str, named: str) -> None:
    assert named in named_files(ended(said))


@pytest.mark.parametrize(
    "said",
    ["see https://example.org/report.csv", "your `.env` and .ssh/id.pem", "[it](inbox/telegram/a.txt)", "Done.", ""],
)
def test_addresses_hidden_files_and_what_came_from_the_chat_are_none(said: str) -> None:
    found = [each for each in named_files(ended(said)) if "/" in each or each.startswith(".")]
    assert found == []


def test_a_tools_path_counts_where_the_answer_has_its_name() -> None:
    calls = (("file_write", "/deep/down/report.csv"), ("file_write", "/deep/notes.md"))
    found = named_files(ended("I made report.csv.", *calls))
    assert "/deep/down/report.csv" in found
    assert "/deep/notes.md" not in found


def test_a_screenshot_goes_unnamed_and_what_was_only_edited_does_not_go() -> None:
    calls = (("browser_screenshot", "/.openclaw/results/p.png"), ("file_edit", "app.py"))
    assert named_files(ended("I changed app.py.", *calls)) == ["/.openclaw/results/p.png"]


def test_a_long_answer_is_looked_through_within_bounds() -> None:
    assert len(named_files(ended(" ".join(f"f{number}.txt" for number in range(10_000))))) == LOOKED_AT
    assert named_files(ended("a." * 100_000)) is not None
    assert named_files(ended("](" * 100_000)) == []
