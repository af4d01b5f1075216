"""Names in settings: one that is nearly a tool's or a provider's is an error that says which was meant."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.loading import load
from openclaw_rpc.config.names import TOOLS

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
