"""What a later table may change of a released one, and what it may not."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, UnsetType, defstruct

from openclaw_rpc.codegen.released import broken, frozen
from openclaw_rpc.protocol.base import JsonObject, Params, Result, Scope, Topic
from openclaw_rpc.protocol.method import Event, Method
from openclaw_rpc.protocol.table import METHODS

Fields = list[Any]
Word = Literal["a", "b"]
Longer = Literal["a", "b", "c"]
Text = Annotated[str, Meta(min_length=2, max_length=9)]


def struct(name: str, fields: Fields, base: type = Result) -> Any:
    return defstruct(name, fields, bases=(base,), kw_only=True, frozen=True)


def table(*, params: Fields = (), result: Any = (), data: Fields = (), **changes: Any) -> list[Method[Any, Any]]:  # type: ignore[assignment]
    event = Event(
        changes.get("event", "x.y"),
        struct("Data", list(data)),
        "It.",
        lasting=changes.get("lasting", True),
        topic=changes.get("topic", Topic.TASKS),
    )
    row: Method[Any, Any] = Method(
        name=changes.get("name", "thing.do"),
        params=struct("Do", list(params), Params),
        result=result if isinstance(result, type) else struct("Done", list(result)),
        doc="Do.",
        scope=changes.get("scope", Scope.READ),
        emits=(event,) if changes.get("emits", True) else (),
    )
    return [row]


def since(old: list[Method[Any, Any]], new: list[Method[Any, Any]]) -> list[str]:
    return broken(frozen(old, "1.0.0"), frozen(new, "1.1.0"))


def test_a_table_is_a_superset_of_itself() -> None:
    assert since(list(METHODS), list(METHODS)) == []


def test_rows_may_be_added_and_not_removed() -> None:
    assert since(list(METHODS[1:]), list(METHODS)) == []
    assert f"{METHODS[0].name}: the method is gone" in since(list(METHODS), list(METHODS[1:]))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, {"scope": Scope.ADMIN}, "thing.do: it needs the scope admin, it needed read"),
        ({}, {"event": "x.z"}, "x.y: the event is gone"),
        ({}, {"emits": False}, "thing.do: it no longer emits x.y"),
        ({}, {"lasting": False}, "x.y: it no longer lasts"),
        ({}, {"topic": None}, "x.y: it left the topic tasks"),
        ({"data": [("a", int)]}, {}, "x.y: data.a: the field is gone"),
        ({"result": [("a", int)]}, {}, "thing.do: result.a: the field is gone"),
        ({"params": [("a", int, 0)]}, {}, "thing.do: params.a: the field is gone"),
    ],
)
def test_what_a_row_or_an_event_promised_is_kept(old: Any, new: Any, told: str) -> None:
    assert told in since(table(**old), table(**new))
    assert since(table(**old), table(**old)) == []


INNER = struct("Inner", [("x", int, 0)], Params)
INNER_NEEDY = struct("Inner", [("x", int)], Params)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ([], [("a", int)], ".a: it became required"),
        ([("a", int, 0)], [("a", int)], ".a: it became required"),
        ([("a", str)], [("a", int)], ".a: string became integer"),
        ([("a", float)], [("a", int)], ".a: number became integer"),
        ([("a", int | None, None)], [("a", int, 0)], ".a: null became integer"),
        ([("a", int | str)], [("a", str)], ".a: integer became string"),
        ([("a", Any)], [("a", str)], ".a: anything became string"),
        ([("a", Longer)], [("a", Word)], ".a: 'c' is no longer taken"),
        ([("a", Longer | None, None)], [("a", Word | None, None)], ".a: 'c' is no longer taken"),
        ([("a", str)], [("a", Word)], ".a: string became 'a' | 'b'"),
        ([("a", Annotated[str, Meta(max_length=9)])], [("a", Annotated[str, Meta(max_length=8)])], ".a: maxLength was"),
        ([("a", str)], [("a", Annotated[str, Meta(min_length=2)])], ".a: minLength was free, is 2"),
        ([("a", Annotated[int, Meta(ge=1)])], [("a", Annotated[int, Meta(ge=2)])], ".a: minimum was 1, is 2"),
        ([("a", str)], [("a", Annotated[str, Meta(pattern="^x$")])], ".a: pattern was free, is ^x$"),
        ([("a", list[str])], [("a", list[int])], ".a[]: string became integer"),
        ([("a", list)], [("a", list[int])], ".a[]: anything became integer"),
        ([("a", dict[str, str])], [("a", dict[str, int])], ".a{}: string became integer"),
        ([("a", JsonObject)], [("a", INNER)], ".a: it is closed to unknown fields"),
        ([("a", INNER)], [("a", INNER_NEEDY)], ".a.x: it became required"),
        ([("a", list[INNER] | None, None)], [("a", list[INNER_NEEDY] | None, None)], ".a[].x: it became required"),
    ],
)
def test_params_are_never_narrowed(old: Fields, new: Fields, told: str) -> None:
    found = since(table(params=old), table(params=new))
    assert len(found) == 1
    assert found[0].startswith(f"thing.do: params{told}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([], [("a", int, 0)]),
        ([("a", int)], [("a", int, 0)]),
        ([("a", int)], [("a", float)]),
        ([("a", int)], [("a", int | None)]),
        ([("a", int)], [("a", int | UnsetType, UNSET)]),
        ([("a", Word)], [("a", Longer)]),
        ([("a", Word)], [("a", str)]),
        ([("a", Text)], [("a", str)]),
        ([("a", str)], [("a", Any)]),
        ([("a", str, "x")], [("a", str, "y")]),
        ([("a", INNER_NEEDY)], [("a", INNER)]),
        ([("description", str)], [("description", str), ("title", str, "")]),
    ],
)
def test_params_may_be_widened(old: Fields, new: Fields) -> None:
    assert since(table(params=old), table(params=new)) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ([("a", int)], [("a", int, 0)], ".a: it may be missing now"),
        ([("a", int)], [("a", int | None)], ".a: integer became null"),
        ([("a", int)], [("a", float)], ".a: integer became number"),
        ([("a", Word)], [("a", str)], ".a: 'a' | 'b' became string"),
        ([("a", str)], [("a", list[str])], ".a: string became array"),
        ([("a", list[str])], [("a", list)], ".a[]: string became anything"),
    ],
)
@pytest.mark.parametrize("where", ["result", "data"])
def test_results_and_events_promise_no_less(old: Fields, new: Fields, told: str, where: str) -> None:
    found = since(table(**{where: old}), table(**{where: new}))
    assert len(found) == 1
    assert found[0].endswith(f"{where}{told}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([], [("a", int)]),
        ([("a", int, 0)], [("a", int)]),
        ([("a", int | None)], [("a", int)]),
        ([("a", Word)], [("a", Longer)]),
        ([("a", str)], [("a", Word)]),
        ([("a", JsonObject)], [("a", INNER)]),
    ],
)
def test_results_may_say_more(old: Fields, new: Fields) -> None:
    assert since(table(result=old), table(result=new)) == []


def test_a_result_that_was_any_object_may_become_a_struct_and_not_the_reverse() -> None:
    named = struct("Named", [("a", int)])
    assert since(table(result=dict), table(result=named)) == []
    assert since(table(result=named), table(result=dict)) == ["thing.do: result.a: the field is gone"]


class Tree(Result, frozen=True):
    """A type that holds itself."""

    value: int
    children: "list[Tree]" = []


class WordyTree(Result, frozen=True):
    """Its value is no number any more."""

    value: str
    children: "list[WordyTree]" = []


def test_a_type_that_holds_itself_is_compared_once() -> None:
    assert since(table(result=Tree), table(result=Tree)) == []
    found = since(table(result=Tree), table(result=WordyTree))
    assert "thing.do: result.value: integer became string" in found


def test_a_frozen_table_has_fields_called_like_keywords() -> None:
    old = table(params=[("description", str), ("default", int, 0), ("properties", str, "")])
    kept = frozen(old, "1")["$defs"]["Do"]["properties"]
    assert list(kept) == ["description", "default", "properties"]
    assert since(old, table()) != []
