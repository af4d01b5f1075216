"""The TypeScript declarations: every struct, method and event, spelled as a client needs it."""

import re
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from openclaw_rpc.codegen.typescript import typescript
from openclaw_rpc.dialects.schema import named_types, table_types
from openclaw_rpc.protocol.base import Params, Result, Scope
from openclaw_rpc.protocol.errors import Conflict
from openclaw_rpc.protocol.method import Event, Method
from openclaw_rpc.protocol.table import METHODS, events


class Inner(Result, frozen=True):
    """Ends a comment: */ and goes on."""

    x: int


class Everything(Params, frozen=True):
    """All the kinds of fields there are."""

    needed: str
    words: Annotated[list[Literal["a", "b"]], Meta(description="Some words.")]
    pair: tuple[int, str]
    inner: Inner
    many: list[Inner | None]
    named: dict[str, float]
    anything: Any
    loose: dict[str, Any]
    scope: Scope
    flag: bool = False
    limit: Annotated[int, Meta(description="How much.")] = 50
    maybe: int | None = None


def made() -> str:
    event = Event("thing.done", Inner, "It is done.")
    row = Method(
        name="thing.do",
        params=Everything,
        result=Inner,
        doc="Do.",
        scope=Scope.READ,
        emits=(event,),
        errors=(Conflict,),
    )
    return typescript([row], "1")


@pytest.mark.parametrize(
    "line",
    [
        "  needed: string;",
        '  /** Some words. */\n  words: Array<"a" | "b">;',
        "  pair: [number, string];",
        "  inner: Inner;",
        "  many: Array<Inner | null>;",
        "  named: Record<string, number>;",
        "  anything: unknown;",
        "  loose: Record<string, unknown>;",
        "  scope: Scope;",
        "  flag?: boolean;",
        "  maybe?: number | null;",
        'export type Scope = "admin" | "chat" | "read" | "tools";',
        "/** Ends a comment: * / and goes on. */\nexport interface Inner {",
        '  /** Do. */\n  "thing.do": {\n    params: Everything;\n    result: Inner;\n    errors: "conflict" | ',
        "  /** How much. @default 50 */\n  limit?: number;",
        "export type GatewayEvent = { [T in keyof Events]: EventEnvelope<T> }[keyof Events];",
        '  /** It is done. */\n  "thing.done": Inner;',
    ],
)
def test_a_kind_of_field_has_its_spelling(line: str) -> None:
    assert f"{line}\n" in made() or line in made()


def test_every_struct_method_and_event_is_declared_once() -> None:
    text = typescript(METHODS, "1")
    declared = re.findall(r"^export (?:type|interface) (\w+)", text, re.MULTILINE)
    assert len(declared) == len(set(declared))
    assert {each.__name__ for each in named_types(table_types(METHODS))} < set(declared)
    for name in [*(row.name for row in METHODS), *events()]:
        assert f'  "{name}": ' in text


def test_params_with_no_fields_take_no_fields() -> None:
    assert "export type Empty = Record<string, never>;\n" in typescript(METHODS, "1")
