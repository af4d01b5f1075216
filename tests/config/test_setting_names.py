"""Names in settings: one that is nearly a tool's or a provider's is an error that says which was meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.config.decoding import shape_of
from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.loading import load
from openclaw_rpc.config.names import TOOLS
from openclaw_rpc.config.settings import Settings

MAIN = {"type": "ollama", "model": "m"}


def problems(config: dict[str, Any]) -> list[str]:
    try:
        load(yaml.safe_dump(config), "gateway.yaml", {}, {})
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("config", "where", "meant"),
    [
        ({"security": {"require_pin_for": ["shel"]}}, "security.require_pin_for", "shell"),
        ({"security": {"policies": {"shell": "aks"}}}, "security.policies.shell", "ask"),
        ({"security": {"dangerous_tools": "denny"}}, "security.dangerous_tools", "deny"),
        ({"providers": {"main": {"type": "olama", "model": "m"}}}, "providers.main.type", "ollama"),
        ({"agents": {"coder": {}}, "channels": {"webhook": {"agent": "codr"}}}, "channels.webhook.agent", "coder"),
        ({"channels": {"telegarm": {"token": "1"}}}, "channels.telegarm", "telegram"),
        ({"channels": {"work": {"type": "slak"}}}, "channels.work.type", "slack"),
        (
            {"providers": {"main": MAIN}, "memory": {"embedding_model": "mian/vectors"}},
            "memory.embedding_model",
            "main",
        ),
        ({"agents": {"coder": {}}, "budgets": {"b": {"tokens": 1, "per": "agent", "only": ["codr"]}}}, "only", "coder"),
        ({"security": {"policies": {"file_wriet": "deny"}}}, "security.policies", "file_write"),
        ({"security": {"policies": {"browzer_*": "deny"}}}, "security.policies", "browser_*"),
        ({"agents": {"a": {"tools": ["web_fecth"]}}}, "agents.a.tools", "web_fetch"),
        ({"agents": {"a": {"tools": {"deny": ["Shell"]}}}}, "agents.a.tools.deny", "shell"),
        ({"agents": {"a": {"policies": {"memory_serch": "ask"}}}}, "agents.a.policies", "memory_search"),
        (
            {"providers": {"main": {"type": "ollama", "model": "m", "fallback": ["mian"]}}},
            "providers.main.fallback",
            "main",
        ),
        (
            {"providers": {"main": {"type": "ollama", "model": "m"}}, "agents": {"a": {"model": "mian/x"}}},
            "agents.a.model",
            "main",
        ),
    ],
)
def test_a_typo_is_an_error_with_the_nearest_name(config: dict[str, Any], where: str, meant: str) -> None:
    found = " ".join(problems(config))
    assert where in found and f"did you mean {meant}?" in found


@pytest.mark.parametrize("name", ["files__read", "weather_today", "*", "shell", "file_*", "*_write", "my_tool"])
def test_tools_of_skills_and_servers_may_be_called_anything(name: str) -> None:
    assert problems({"security": {"policies": {name: "ask"}, "require_pin_for": [name]}}) == []


@given(st.sampled_from(sorted(TOOLS)), st.data())
def test_whatever_letter_of_a_tool_s_name_is_missing_it_is_said(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    wrong = name[:at] + name[at + 1 :]
    if wrong not in TOOLS:
        assert problems({"security": {"policies": {wrong: "deny"}}})


def test_a_channel_that_somebody_wrote_may_be_called_nearly_like_another(tmp_path: Path) -> None:
    text = "channels: {slack2: {token: a}}"
    with pytest.raises(ConfigError, match="did you mean slack"):
        load(text, str(tmp_path / "gateway.yaml"), {})
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "slack2.py").touch()
    load(text, str(tmp_path / "gateway.yaml"), {})
    load(text, "/elsewhere/gateway.yaml", {"OPENCLAW_HOME": str(tmp_path)})


@pytest.mark.parametrize("name", ["irc", "my-own", "matrix", "telegram", "x"])
def test_a_channel_like_none_of_ours_is_left_to_its_class(name: str) -> None:
    assert problems({"channels": {name: {}}}) == []


FREE = {
    ("providers",): "names of the user's choice; what speaks of them is checked",
    ("providers", "*", "headers"): "headers",
    ("providers", "*", "prices"): "models of the server",
    ("agents",): "names of the user's choice; what speaks of them is checked",
    ("budgets",): "names of the user's choice",
    ("channels", "*"): "keys of the channel's own, which its class checks",
    ("skills", "env"): "slugs of skills, installed now or later",
    ("skills", "env", "*"): "variables",
    ("mcp", "servers"): "names of the user's choice",
    ("mcp", "servers", "*", "env"): "variables",
    ("mcp", "servers", "*", "headers"): "headers",
    ("tracing", "headers"): "headers",
}
CHECKED = {
    ("security", "policies"): "shel",
    ("agents", "*", "policies"): "shel",
    ("channels",): "telegarm",
}


def sections(kind: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where the settings take names of the file's own."""
    shape = shape_of(kind)
    if shape.struct is not None:
        for field in msgspec.structs.fields(shape.struct):
            yield from sections(field.type, (*keys, field.name))
    elif shape.values is not None:
        yield keys
        yield from sections(shape.values, (*keys, "*"))


def test_every_section_of_free_names_is_checked_or_any_name_is_right() -> None:
    assert {*sections(Settings)} == FREE.keys() | CHECKED.keys()
    for keys, wrong in CHECKED.items():
        tree: Any = {wrong: {} if keys == ("channels",) else "ask"}
        for key in reversed(keys):
            tree = {"one" if key == "*" else key: tree}
        assert "did you mean" in " ".join(problems(tree)), keys
