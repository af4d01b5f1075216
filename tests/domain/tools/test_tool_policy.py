"""Which policy holds for a tool."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.tools.policy import Policies, PolicyMap, SecurityPolicy, matches


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("shell", "shell", True),
        ("shell", "shells", False),
        ("*", "anything", True),
        ("*", "", True),
        ("file_*", "file_read", True),
        ("file_*", "profile_read", False),
        ("*_read", "file_read", True),
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "ac", False),
        ("ab*ba", "aba", False),
        ("*a*a*", "a", False),
        ("[a]?", "[a]?", True),
        ("[a]?", "ab", False),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_a_star_stands_for_any_characters(pattern: str, name: str, fits: bool):
    assert matches(pattern, name) is fits


@given(st.lists(st.text("ab", max_size=3), min_size=1, max_size=5), st.lists(st.text("ab", max_size=3), max_size=5))
def test_a_name_made_from_a_pattern_fits_it(pieces: list[str], fillings: list[str]):
    fillings += ["x"] * len(pieces)
    name = "".join(piece + filling for piece, filling in zip(pieces[:-1], fillings, strict=False)) + pieces[-1]
    assert matches("*".join(pieces), name)


def test_no_pattern_takes_long():
    began = time.monotonic()
    assert not matches("*a" * 50 + "b", "a" * 10_000)
    assert time.monotonic() - began < 1


def policies(agent: PolicyMap | None = None, **security: object) -> Policies:
    return Policies(SecurityPolicy(**security), lambda _: agent or {})  # type: ignore[arg-type]


def decided(rules: Policies, tool: str = "shell", *, dangerous: bool = True, agent_id: str | None = "default") -> str:
    return rules.decide(tool, dangerous=dangerous, agent_id=agent_id).policy


def test_where_nothing_is_said_everything_is_allowed():
    assert decided(policies()) == "allow"


def test_what_holds_for_dangerous_tools_holds_for_those_without_a_policy():
    rules = policies(dangerous_tools="ask", policies={"file_write": "allow"})
    assert decided(rules) == "ask"
    assert decided(rules, "file_write") == "allow"
    assert decided(rules, "calc", dangerous=False) == "allow"


def test_a_name_goes_before_a_pattern_and_a_longer_pattern_before_a_shorter():
    rules = policies(policies={"*": "ask", "file_*": "deny", "file_read": "allow"})
    assert [decided(rules, tool) for tool in ("shell", "file_write", "file_read")] == ["ask", "deny", "allow"]


@pytest.mark.parametrize("order", [["a*", "*a"], ["*a", "a*"]])
def test_of_two_patterns_of_one_length_the_stricter_holds(order: list[str]):
    said = {"a*": "ask", "*a": "allow"}
    assert decided(policies(policies={pattern: said[pattern] for pattern in order}), "aa") == "ask"


def test_an_agents_word_goes_before_the_gateways():
    assert decided(policies({"shell": "allow"}, policies={"shell": "ask"})) == "allow"
    assert decided(policies({"shell": "ask"})) == "ask"
    assert decided(policies({"shell": "ask"}), agent_id=None) == "allow"


def test_what_is_denied_anywhere_is_denied():
    assert decided(policies({"shell": "allow"}, policies={"shell": "deny"})) == "deny"
    assert decided(policies({"*": "deny"}, policies={"shell": "allow"})) == "deny"


def test_a_pin_makes_every_call_wait_whatever_else_allows_it():
    rules = policies({"shell": "allow"}, require_pin_for=["shell", "file_*"])
    assert rules.decide("shell", dangerous=True, agent_id="default") == ("ask", True)
    assert rules.decide("file_read", dangerous=False) == ("ask", True)
    assert rules.decide("web_fetch", dangerous=True) == ("allow", False)
    assert policies({"shell": "deny"}, require_pin_for=["shell"]).decide(
        "shell", dangerous=True, agent_id="default"
    ) == ("deny", False)
