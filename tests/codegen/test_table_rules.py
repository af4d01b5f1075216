"""A table that can't be published is refused, with the names of what is wrong."""

import re
from typing import Any

import msgspec
import pytest

from openclaw_rpc.codegen.artefacts import render
from openclaw_rpc.codegen.lint import refuse
from openclaw_rpc.dialects.openrpc import openrpc
from openclaw_rpc.protocol import chat, system
from openclaw_rpc.protocol.base import Empty, Params, Result, Scope
from openclaw_rpc.protocol.errors import Conflict, GatewayError, KeyReused, NotFound
from openclaw_rpc.protocol.method import Event, Method
from openclaw_rpc.protocol.table import METHODS


class Fine(Result, frozen=True):
    """A result."""

    what: str


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    """A result that refuses new fields."""


class Open(msgspec.Struct):
    """Params that take anything."""


class Snake(msgspec.Struct):
    """Its field is not camelCase."""

    session_key: str


class Mute(Result, frozen=True):
    what: str


class Usage(Result, frozen=True):  # chat.py has one, too
    """Not chat's."""

    what: str


class Holder(Result, frozen=True):
    """Has the namesake deep inside."""

    usages: dict[str, list[Usage | None]]


class OtherConflict(GatewayError):
    """Unrelated to Conflict, with its JSON-RPC code."""

    code, rpc, status = "other", Conflict.rpc, 409


def row(**changes: Any) -> Method[Any, Any]:
    values: dict[str, Any] = {"name": "thing.do", "params": Empty, "result": Fine, "doc": "Do.", "scope": Scope.READ}
    return Method(**{**values, **changes})


def test_a_method_that_looks_something_up_may_be_called_again() -> None:
    lookups = {"get", "list", "query", "schema", "search", "stats", "status"}
    assert not [row.name for row in METHODS if row.verb in lookups and not row.repeatable]
    assert not [row.name for row in METHODS if row.pages and not row.repeatable]


def test_the_real_table_is_fit() -> None:
    refuse(METHODS)
    refuse([row()])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (row(name="thing"), "thing: a method is called namespace.verb"),
        (row(name="Thing.do"), "namespace.verb"),
        (row(doc=" "), "thing.do: its doc is empty"),
        (row(params=dict), "thing.do: its params are not a struct"),
        (row(params=Open), "thing.do: Open takes unknown fields"),
        (row(tool="do"), "thing.do: it stands for a tool, for which a PIN may be wanted: Empty has no pin"),
        (row(result=Closed), "thing.do: Closed is closed to new fields"),
        (row(result=Snake), "Snake.session_key: fields are camelCase"),
        (row(result=Mute), "Mute: it has no docstring of its own"),
        (row(emits=(Event("x.y", Fine, ""),)), "x.y: its doc is empty"),
        (row(emits=(Event("x.y", Closed, "It."),)), "x.y: Closed is closed to new fields"),
        (row(emits=(Event("x.y", Fine, "It."), Event("x.y", Fine, "That."))), "there is another event called x.y"),
    ],
)
def test_a_bad_row_is_refused_by_name(bad: Method[Any, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        render([bad, system.status], "0")


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"(?s)its doc is empty.*Mute"):
        refuse([row(doc="", result=Mute)])


def test_two_rows_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two rows of the table are called thing\.do"):
        render([row(), row()], "0")


def test_two_structs_of_one_name_are_refused_and_both_are_named() -> None:
    assert Usage is not chat.Usage
    with pytest.raises(ValueError, match=r"called Usage: .*chat\.Usage and .*Usage") as caught:
        render([*METHODS, row(result=Holder)], "0")
    assert f"{Usage.__module__}.Usage" in str(caught.value)
    assert "openclaw_rpc.protocol.chat.Usage" in str(caught.value)


def test_unrelated_errors_of_one_code_are_refused_and_related_ones_become_one() -> None:
    with pytest.raises(ValueError, match=r"thing\.do: Conflict and OtherConflict have the same code -32009"):
        openrpc([row(errors=(Conflict, OtherConflict))], "0")
    for errors in ((Conflict, KeyReused, NotFound), (KeyReused, NotFound, Conflict)):
        found = [each["$ref"] for each in openrpc([row(errors=errors)], "0")["methods"][0]["errors"]]
        assert "#/components/errors/Conflict" in found
        assert "#/components/errors/KeyReused" not in found


def test_params_without_docs_of_their_own_are_no_excuse() -> None:
    params = msgspec.defstruct("Nameless", [("x", int)], bases=(Params,), kw_only=True)
    with pytest.raises(ValueError, match="Nameless"):
        refuse([row(params=params)])
