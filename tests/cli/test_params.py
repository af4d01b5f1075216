"""Options out of the table's rows."""

from typing import Any

import click
import pytest

from openclaw_rpc.cli import params
from openclaw_rpc.protocol.table import METHODS, AnyMethod, by_name

ROWS = by_name()


def given(method: str, *words: str) -> dict[str, Any]:
    """What a row's options make of words."""
    command = click.Command("x", params=list(params.options(ROWS[method])), callback=lambda **values: values)
    return params.collect(command.main(list(words), standalone_mode=False))


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_every_field_of_every_row_has_an_option(row: AnyMethod) -> None:
    names = {field.encode_name for field in params.fields_of(row)}
    options = params.options(row)
    assert {option.name for option in options} == {"field_" + name for name in names}
    assert all(option.opts[0].islower() for option in options)


def test_options_are_typed_and_spelled_like_the_row() -> None:
    found = given("session.list", "--limit", "5", "--agent-id", "a", "--text", "x y")
    assert found == {"limit": 5, "agentId": "a", "text": "x y"}


def test_what_was_not_given_is_left_out() -> None:
    assert given("session.list") == {}


def test_objects_are_taken_as_json() -> None:
    found = given("chat.run", "--message", "hi", "--options", '{"stream": false}', "--metadata", "{}")
    assert found == {"message": "hi", "options": {"stream": False}, "metadata": {}}


def test_a_list_of_names_is_given_one_by_one() -> None:
    assert given("event.subscribe", "--topics", "logs", "--topics", "tasks") == {"topics": ["logs", "tasks"]}


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("session.list", ["--limit", "many"]),
        ("event.subscribe", ["--topics", "weather"]),
        ("chat.run", ["--options", "{oops"]),
        ("log.tail", ["--level", "loud"]),
    ],
)
def test_a_value_of_the_wrong_type_is_wrong_usage(method: str, words: list[str]) -> None:
    with pytest.raises(click.BadParameter):
        given(method, *words)


def test_help_tells_what_the_table_says() -> None:
    options = {option.opts[0]: option for option in params.options(ROWS["chat.run"])}
    assert options["--message"].help == "What the user says. [required]"
    assert options["--channel"].help == "Where it came from. [default: api]"


@pytest.mark.parametrize(
    ("name", "spelled"), [("sessionKey", "session-key"), ("after", "after"), ("timeoutMs", "timeout-ms")]
)
def test_names_are_spelled_for_a_command_line(name: str, spelled: str) -> None:
    assert params.kebab(name) == spelled


def test_pairs_lead_into_objects_and_are_read_as_their_fields_want() -> None:
    pairs = [
        "message=[1] hi",
        "options.stream=false",
        "options.model=a/b",
        "session-key=3",
        "metadata.n=3",
    ]
    found = params.assign(ROWS["chat.run"], pairs)
    assert found == {
        "message": "[1] hi",
        "options": {"stream": False, "model": "a/b"},
        "sessionKey": "3",
        "metadata": {"n": 3},
    }
    assert params.assign(ROWS["token.create"], ["scopes=read,chat"]) == {"scopes": ["read", "chat"]}
    assert params.assign(ROWS["memory.store"], ["value=two words"]) == {"value": "two words"}


@pytest.mark.parametrize(
    "pairs", [["message"], ["=x"], ["metadata=1", "metadata.b=2"], ["mesage=x"], ["options=x"], ["attachments={"]]
)
def test_a_pair_that_can_not_be_read_is_wrong_usage(pairs: list[str]) -> None:
    with pytest.raises(click.BadParameter):
        params.assign(ROWS["chat.run"], pairs)


def test_what_comes_later_goes_before_and_objects_are_merged() -> None:
    assert params.merge({"a": {"b": 1, "c": 2}, "d": 1}, {"a": {"b": 3}, "d": 2}) == {"a": {"b": 3, "c": 2}, "d": 2}
