"""`openclaw import openclaw`, from a home in OpenClaw's shapes to a gateway that has it all."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Home, start_gateway
from tests.support.openclaw_home import SECRET, contents, make_home


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return make_home(tmp_path / "theirs")


def brought(home: Home, theirs: Path, *words: str) -> dict[tuple[str, str], dict[str, str]]:
    """What became of each thing, by its kind and name."""
    before = contents(theirs)
    done = home.run("import", "openclaw", str(theirs), "--json", *words)
    assert done.code == 0, done.err
    assert contents(theirs) == before
    return {(item["kind"], item["name"]): item for item in done.json()["items"]}


def imported(items: dict[tuple[str, str], dict[str, str]]) -> set[tuple[str, str]]:
    return {name for name, item in items.items() if item["outcome"] == "imported"}


EVERYTHING = {
    ("files", "AGENTS.md"),
    ("files", "memory/2026-11-30.md"),
    ("files", "agents/work/AGENTS.md"),
    ("files", "agents/work/memory/2026-11-30.md"),
    ("providers", "mock"),
    ("agents", "default"),
    ("agents", "work"),
    ("channels", "discord"),
    ("skills", "greet"),
    ("tasks", "Morning"),
    ("tasks", "Often"),
    ("sessions", "agent:main:main"),
    ("sessions", "agent:main:main:window-1"),
}


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(home: Home, theirs: Path) -> None:
    assert imported(brought(home, theirs, "--dry-run")) == EVERYTHING
    assert not home.path.exists()
    told = home.run("import", "openclaw", str(theirs), "--dry-run")
    assert "would be imported" in told.out and "Nothing was written" in told.err


def test_settings_that_stand_in_other_files_are_imported_too(home: Home, theirs: Path) -> None:
    whole = (theirs / "openclaw.json").read_text()
    (theirs / "parts").mkdir()
    (theirs / "parts" / "base.json5").write_text(whole)
    (theirs / "parts" / "more.json5").write_text("{ list: { $include: '../list.json5' } }")
    (theirs / "list.json5").write_text("[ { id: 'third', name: 'Third' } ]")
    (theirs / "openclaw.json").write_text(
        "{ $include: './parts/base.json5', agents: { $include: ['parts/more.json5'], defaults: { x: 1 } } }"
    )
    assert imported(brought(home, theirs, "--dry-run")) == EVERYTHING | {("agents", "third")}


@pytest.mark.parametrize(
    ("included", "said"),
    [
        ("'../outside.json5'", "is outside"),
        ("'missing.json5'", "there is no such file"),
        ("'openclaw.json'", "nested too deeply"),
        ("'broken.json5'", "broken.json5 is not valid JSON5"),
        ("[1]", "must name files"),
        ("{}", "must name files"),
    ],
)
def test_an_include_that_cannot_be_read_is_said(home: Home, theirs: Path, included: str, said: str) -> None:
    (theirs.parent / "outside.json5").write_text("{}")
    (theirs / "broken.json5").write_text("{ a: ")
    (theirs / "openclaw.json").write_text(f"{{ $include: {included} }}")
    done = home.run("import", "openclaw", str(theirs))
    assert done.code != 0 and said in done.err and "Traceback" not in done.err
    assert not home.path.exists()


def test_all_of_it_is_imported_once_and_a_gateway_has_it(home: Home, theirs: Path) -> None:
    home.configure("# mine\nlogging:\n  level: info\n")
    items = brought(home, theirs)
    assert imported(items) == EVERYTHING
    left = {name: item["detail"] for name, item in items.items() if item["outcome"] == "left out"}
    assert "bedrock" in left["providers", "odd"] and "--with-secrets" in left["channels", "telegram"]
    assert ("channels", "signal") in left and ("settings", "gateway") in left
    assert "passed" in left["tasks", "Past"] and "upkeep" in left["tasks", "Beat"]
    written = (home.path / "gateway.yaml").read_text()
    assert "# mine" in written and "${MOCK_KEY:-}" in written and SECRET not in written
    assert "agents/work/AGENTS.md" in written
    assert (home.path / "workspace" / "AGENTS.md").read_text() == "main's rules"

    for again in (("--dry-run",), ()):
        items = brought(home, theirs, *again)
        assert not imported(items)
        assert {name for name, item in items.items() if item["outcome"] == "there already"} == EVERYTHING
    running = start_with(home, written)
    try:
        (main, old) = sorted(call(running, "session.list")["sessions"], key=lambda one: one["sessionKey"])
        assert (main["sessionKey"], main["title"], main["channel"]) == ("agent:main:main", "Notes", "openclaw")
        assert old["sessionKey"] == "agent:main:main:window-1"
        messages = call(running, "chat.history", '{"sessionKey": "agent:main:main"}')["messages"]
        assert [(one["role"], one["content"]) for one in messages] == [
            ("user", "what is in notes.md?"),
            ("assistant", "I look."),
            ("tool", "milk"),
            ("assistant", "Milk."),
        ]
        assert messages[1]["toolCalls"][0]["function"] == {"name": "read", "arguments": '{"path": "notes.md"}'}
        assert messages[2]["toolCallId"] == "call_1" and messages[3]["model"] == "mock/mock-1"
        tasks = {task["name"]: task for task in call(running, "task.list")["tasks"]}
        morning = tasks["Morning"]
        assert (morning["schedule"], morning["timezone"]) == ("0 7 * * *", "Europe/Berlin")
        assert morning["deliver"] == {"channelId": "telegram", "to": "42"} and not morning["enabled"]
        assert tasks["Often"]["every"] == "90m"
        assert "greet" in {skill["slug"] for skill in call(running, "skill.list")["skills"]}

        refused = home.run("import", "openclaw", str(theirs))
        assert refused.code == 1 and "Stop it first" in refused.err
    finally:
        running.stop()


def start_with(home: Home, config: str) -> Any:
    return start_gateway(home, config=config)


def call(running: Any, *words: str) -> Any:
    done = running.run("call", *words, "--json")
    assert done.code == 0, done.err
    return done.json()


def test_keys_are_taken_only_where_that_is_asked_for(home: Home, theirs: Path) -> None:
    items = brought(home, theirs, "--with-secrets")
    assert items["channels", "telegram"]["outcome"] == "imported"
    assert SECRET not in str(items) and SECRET in (home.path / "gateway.yaml").read_text()
    assert "enabled: false" in (home.path / "gateway.yaml").read_text()


def test_what_is_here_already_is_left_as_it_is(home: Home, theirs: Path) -> None:
    home.configure("providers:\n  mock: {type: ollama, model: mine}\n")
    (home.path / "workspace").mkdir()
    (home.path / "workspace" / "AGENTS.md").write_text("my own")
    items = brought(home, theirs)
    assert items["providers", "mock"]["outcome"] == items["files", "AGENTS.md"]["outcome"] == "there already"
    assert "model: mine" in (home.path / "gateway.yaml").read_text()
    assert (home.path / "workspace" / "AGENTS.md").read_text() == "my own"


def test_a_home_that_is_not_one_is_refused_and_where_it_lies_is_taken_from_the_environment(
    home: Home, theirs: Path, tmp_path: Path
) -> None:
    refused = home.run("import", "openclaw", str(tmp_path / "nowhere"))
    assert refused.code == 1 and "openclaw.json" in refused.err
    home.env["OPENCLAW_STATE_DIR"] = str(theirs)
    assert home.run("import", "openclaw", "--dry-run", "--json").json()["home"] == str(theirs)
    (theirs / "openclaw.json").write_text("{ broken: ")
    broken = home.run("import", "openclaw")
    assert broken.code == 1 and "not valid JSON5" in broken.err
    (theirs / "openclaw.json").write_text("{}")
    (theirs / "agents" / "main" / "agent" / "openclaw-agent.sqlite").write_text("not a database")
    items = brought(home, theirs)
    assert items["sessions", "main"]["outcome"] == "left out" and ("tasks", "Morning") in imported(items)
