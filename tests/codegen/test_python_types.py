"""The Python of the clients: every kind of field is spelled, and what comes out is Python."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, UnsetType, field

from openclaw_rpc.codegen.python import python_methods, python_types
from openclaw_rpc.protocol.base import Params, Result, Scope
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.protocol.table import METHODS


class Part(Params, frozen=True, kw_only=True):
    """A part."""

    x: int = 1


class Asked(Params, frozen=True, kw_only=True):
    """What is asked."""

    limit: Annotated[int, Meta(ge=1, description="How many.")] = 50
    session_key: str
    part: Part = Part()
    title: str | UnsetType | None = UNSET
    source: str = field(name="from")
    words: list[Literal["a", "b"]] = []
    timeout: int = 5


class Answer(Result, frozen=True, kw_only=True):
    """What is answered."""

    scopes: list[Scope]
    anything: dict[str, Any] = {}
    ratio: float | None = None


def made() -> str:
    row = Method(name="thing.do", params=Asked, result=Answer, doc="Do it.", scope=Scope.READ)
    return "\n".join([*python_types([row]).values(), *python_methods([row]).values()])


@pytest.mark.parametrize(
    "line",
    [
        '    limit: int = 50\n    """How many."""',
        "    session_key: str\n",
        "    part: Part | dict[str, Any] | UnsetType = UNSET\n",
        "    title: str | None | UnsetType = UNSET\n",
        '    source: str = field(name="from")\n',
        '    words: list[Literal["a", "b"]] | UnsetType = UNSET\n',
        '    scopes: list[Literal["read", "chat", "tools", "admin"]]\n',
        "    anything: dict[str, Any] = {}\n",
        "    ratio: float | None = None\n",
        "        session_key: str,\n        source: str,\n        limit: int = 50,\n",
        "        part: types.Part | Dict[str, Any] | UnsetType = UNSET,\n",
        "        timeout: int = 5,\n        client_timeout: float | None = None,\n    ) -> types.Answer:",
        "            limit: How many.\n",
        'return await self._client.request("thing.do", types.Asked(',
        "class AsyncThing:\n",
    ],
)
def test_a_kind_of_field_has_its_spelling(line: str) -> None:
    assert line in made()


def test_what_is_made_of_the_table_is_python() -> None:
    for name, text in {**python_types(METHODS), **python_methods(METHODS)}.items():
        compile(text, name, "exec")
        assert max(map(len, text.splitlines())) < 1000
        assert text.count("\n") <= 500, name
