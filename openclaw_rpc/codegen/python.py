"""The table's structs and methods as Python, for the client `openclaw`: typed, and the same on every run."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any, cast

import msgspec
from msgspec import NODEFAULT, UNSET, inspect

from openclaw_rpc.dialects.schema import errors_of, markdown, named_types, table_types
from openclaw_rpc.protocol.base import Params
from openclaw_rpc.protocol.table import AnyMethod, by_name, events

_HEAD = (
    '"""{about} Generated from the method table: `make gen`, not by hand."""\n'
    "# pyright: reportUnusedImport=false\n\nfrom __future__ import annotations\n"
)
_WIDTH = 116

_SCALARS: dict[type, str] = {
    inspect.StrType: "str",
    inspect.IntType: "int",
    inspect.FloatType: "float",
    inspect.BoolType: "bool",
    inspect.NoneType: "None",
    inspect.AnyType: "Any",
    inspect.RawType: "Any",
}

_EXTRA = {
    "agent": '''
    {kind} run(
        self,
        *,
        message: str,
        session_key: str | None = None,
        agent_id: str | None = None,
        options: types.RunOptions | dict[str, Any] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> AgentAnswer:
        """Ask an agent and wait for its answer.

        Raises:
            RunError: the run failed, was aborted, or was interrupted.
        """
        params = types.ChatRunParams(message=message, session_key=session_key, agent_id=agent_id, options=options)
        return {wait}self._client.answer(params, timeout)
''',
}
"""What a namespace has besides its rows."""


def python_types(methods: Sequence[AnyMethod]) -> dict[str, str]:
    """The structs, a module for each of the protocol's, by their paths in `openclaw/types`."""
    modules: dict[str, list[type]] = {}
    for cls in named_types(table_types(methods)):
        if issubclass(cls, msgspec.Struct):
            modules.setdefault(_module(cls), []).append(cls)
    made = {f"{name}.py": _types_module(name, modules[name]) for name in sorted(modules)}
    return {**made, "__init__.py": _types_index(modules), "events.py": _events_module(methods)}


def python_methods(methods: Sequence[AnyMethod]) -> dict[str, str]:
    """The methods, a module a namespace, by their paths in `openclaw/_methods`."""
    namespaces: dict[str, list[AnyMethod]] = {}
    for row in by_name(methods).values():
        namespaces.setdefault(row.namespace, []).append(row)
    made = {f"{name}.py": _methods_module(name, rows) for name, rows in sorted(namespaces.items())}
    return {**made, "__init__.py": _methods_index(sorted(namespaces))}


# ---- types ----


def _module(cls: type) -> str:
    return cls.__module__.rpartition(".")[2]


def _types_module(name: str, structs: list[type]) -> str:
    needed: dict[str, set[str]] = {}
    bodies: list[str] = []
    for cls in _in_order(structs):
        bodies.append(_struct(cls))
        for other in _structs_of(cls):
            if _module(other) != name:
                needed.setdefault(_module(other), set()).add(other.__name__)
    imports = "".join(f"from openclaw.types.{m} import {', '.join(sorted(needed[m]))}\n" for m in sorted(needed))
    head = _HEAD.format(about=f"What `{name}.*` takes and answers.")
    return f"{head}\nfrom openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field\n{imports}\n\n" + (
        "\n\n\n".join(bodies) + "\n"
    )


def _struct(cls: type) -> str:
    info = cast("inspect.StructType", inspect.type_info(cls))
    params = issubclass(cls, Params)
    lines = [f'class {cls.__name__}(Struct, kw_only=True, omit_defaults=True, rename="camel"):']
    lines.append(_docstring(markdown(cls.__doc__ or ""), "    "))
    fields = [_field(each, params) for each in info.fields]
    if fields:
        lines += ["", *fields]
    return "\n".join(lines)


def _field(item: inspect.Field, params: bool) -> str:
    kind = _type(item.type, params)
    default = _default(item, params)
    if default == "UNSET" and "UnsetType" not in kind:
        kind += " | UnsetType"
    value = "" if default is None else f" = {default}"
    if item.encode_name != _camel(item.name):
        value = f' = field(name="{item.encode_name}"' + ("" if default is None else f", default={default}") + ")"
    about = _about(item.type)
    return f"    {item.name}: {kind}{value}" + (f"\n{_docstring(about, '    ')}" if about else "")


def _default(item: inspect.Field, params: bool) -> str | None:
    """The default as an expression; None where there is none."""
    if item.required:
        return None
    value = item.default
    if value is NODEFAULT or value is UNSET or not isinstance(value, str | int | float | bool | None):
        made = item.default_factory if value is NODEFAULT else None
        if not params and made in (list, dict):
            return "[]" if made is list else "{}"
        return "UNSET"
    return repr(str(value) if isinstance(value, str) else value).replace("'", '"')


def _type(info: Any, params: bool = False) -> str:
    """A type as an annotation. Params take plain JSON in the place of a struct, too."""
    match info:
        case inspect.Metadata(type=inner):
            return _type(inner, params)
        case inspect.UnionType(types=kinds):
            return " | ".join(sorted((_type(each, params) for each in kinds), key=lambda name: name == "None"))
        case inspect.LiteralType(values=values):
            return f"Literal[{_words(values)}]"
        case inspect.EnumType(cls=words):
            return f"Literal[{_words(member.value for member in words)}]"
        case inspect.ListType(item_type=item):
            return f"list[{_type(item, params)}]"
        case inspect.DictType(key_type=key, value_type=value):
            return f"dict[{_type(key, params)}, {_type(value, params)}]"
        case inspect.StructType(cls=struct):
            return f"{struct.__name__} | dict[str, Any]" if params else struct.__name__
        case _:
            return _SCALARS[type(info)]


def _words(values: Iterable[Any]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _about(info: Any) -> str:
    """A field's description, that of its alternatives where it is optional."""
    if isinstance(info, inspect.Metadata):
        known = cast("dict[str, str]", cast("Any", info).extra_json_schema or {})
        return markdown(known.get("description", "")) or _about(info.type)
    if isinstance(info, inspect.UnionType):
        return next((about for each in info.types if (about := _about(each))), "")
    return ""


def _structs_of(cls: type) -> Iterator[type]:
    """The structs that a struct's fields name."""
    for item in cast("inspect.StructType", inspect.type_info(cls)).fields:
        yield from _named(item.type)


def _named(info: Any) -> Iterator[type]:
    if isinstance(info, inspect.StructType):
        yield info.cls
        return
    for name in info.__struct_fields__:
        value = getattr(info, name)
        for each in cast("tuple[Any, ...]", value) if isinstance(value, tuple) else (value,):
            if isinstance(each, inspect.Type):
                yield from _named(each)


def _in_order(structs: list[type]) -> list[type]:
    """As they stand in the protocol's module."""
    order = list(vars(sys.modules[structs[0].__module__]))
    return sorted(structs, key=lambda cls: order.index(cls.__name__))


def _types_index(modules: dict[str, list[type]]) -> str:
    """All of them by name; a module is imported when one of its structs is first asked for."""
    places = {cls.__name__: name for name in sorted(modules) for cls in modules[name]} | {"EVENTS": "events"}
    lines = [_HEAD.format(about="What methods take and answer, and what events carry."), ""]
    lines += ["from importlib import import_module", "from typing import TYPE_CHECKING, Any", "", "if TYPE_CHECKING:"]
    lines += [f"    from openclaw.types.{places[name]} import {name} as {name}" for name in sorted(places)]
    lines += ["", "_NAMES = {"]
    for module in sorted({*places.values()}):
        own = " ".join(name for name in sorted(places) if places[name] == module)
        lines += [f'    "{module}": (', *(f'        "{part} "' for part in wrap(own, 100)), "    ),"]
    lines += ["}", "_PLACES = {name: module for module, names in _NAMES.items() for name in names.split()}"]
    lines += ["", "", "def __getattr__(name: str) -> Any:", '    """A struct, from its module."""']
    lines += ["    place = _PLACES.get(name)", "    if place is None:"]
    lines += ['        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")']
    lines += ['    found = globals()[name] = getattr(import_module(f"openclaw.types.{place}"), name)']
    return "\n".join([*lines, "    return found", ""])


def _events_module(methods: Sequence[AnyMethod]) -> str:
    found = events(methods)
    names = sorted({event.data.__name__ for event in found.values()})
    lines = [_HEAD.format(about="What each event carries."), "", "from openclaw.types import ("]
    lines += [*(f"    {name}," for name in names), ")", "", "EVENTS = {"]
    lines += [f'    "{name}": {found[name].data.__name__},' for name in sorted(found)]
    return "\n".join([*lines, "}", '"""The struct of each event, for `Event.decoded`."""', ""])


# ---- methods ----


def _methods_module(namespace: str, rows: list[AnyMethod]) -> str:
    name = namespace.capitalize()
    verbs = [_verb(row, False) for row in rows]
    waited = [_verb(row, True) for row in rows]
    extra = [
        _EXTRA[namespace].format(kind=kind, wait=wait) if namespace in _EXTRA else ""
        for kind, wait in (("def", ""), ("async def", "await "))
    ]
    if namespace == "chat":
        run = next(row for row in rows if row.verb == "run")
        verbs.append(_verb(run, False, stream=True))
        waited.append(_verb(run, True, stream=True))
    head = _HEAD.format(about=f"`{namespace}.*`.")
    imports = [
        "from typing import Any, Dict, List, Literal",
        "",
        "from msgspec import UNSET, UnsetType",
        "",
        "from openclaw import types",
        "from openclaw._async import AsyncCaller, AsyncRun",
        "from openclaw._sync import Caller, Run",
        "from openclaw._verbs import AgentAnswer",
    ]
    classes = [
        f'class {name}:\n    """`{namespace}.*`, each waited for."""\n\n'
        "    def __init__(self, client: Caller) -> None:\n        self._client = client\n" + "".join(verbs) + extra[0],
        f'class Async{name}:\n    """`{namespace}.*`, to be awaited."""\n\n'
        "    def __init__(self, client: AsyncCaller) -> None:\n        self._client = client\n"
        + "".join(waited)
        + extra[1],
    ]
    return head + "\n" + "\n".join(imports) + "\n\n\n" + "\n\n".join(classes)


def _verb(row: AnyMethod, wait: bool, *, stream: bool = False) -> str:
    """A method of a namespace: keyword arguments, the params' struct made of them, the result's struct."""
    info = cast("inspect.StructType", inspect.type_info(row.params))
    fields = sorted(info.fields, key=lambda item: not item.required)
    arguments = [_argument(item) for item in fields]
    result = _qualified(inspect.type_info(row.result))
    given = ", ".join(f"{item.name}={item.name}" for item in fields)
    params = f"types.{row.params.__name__}({given})"
    verb, answer = ("stream", "AsyncRun" if wait else "Run") if stream else (row.verb, result)
    # A row of its own with that name: what the client waits for goes by another.
    limit = "client_timeout" if any(item.name == "timeout" for item in fields) else "timeout"
    body = (
        f"self._client.run({params}, {limit})"
        if stream
        else (f'self._client.request("{row.name}", {params}, {result}, {limit})')
    )
    head = "async def" if wait and not stream else "def"
    arguments.append(f"{limit}: float | None = None")
    doc = "Ask an agent, and iterate the run's events: `chat.done` is the last. Leaving the loop aborts the run."
    return (
        f"\n    {head} {verb}(\n        self,\n        *,\n"
        + "".join(f"        {each},\n" for each in arguments)
        + f"    ) -> {answer}:\n"
        + _docstring(_method_doc(row, fields, doc if stream else markdown(row.doc)), "        ")
        + f"\n        return {'await ' if wait and not stream else ''}{body}\n"
    )


def _method_doc(row: AnyMethod, fields: list[inspect.Field], doc: str) -> str:
    about = [f"    {item.name}: {text}" for item in fields if (text := _about(item.type))]
    codes = ", ".join(sorted({error.code for error in errors_of(row)}))
    arguments = ["", "Args:", *about] if about else []
    return "\n".join([doc, *arguments, "", "Raises:", f"    APIError: {codes}."])


def _argument(item: inspect.Field) -> str:
    kind = _qualified(item.type, True)
    default = _default(item, True)
    if default == "UNSET" and "UnsetType" not in kind:
        kind += " | UnsetType"
    return f"{item.name}: {kind}" + ("" if default is None else f" = {default}")


def _qualified(info: Any, params: bool = False) -> str:
    """A type as one writes it beside methods called `list` and `type`."""
    text = _type(info, params).replace("list[", "List[").replace("dict[", "Dict[")
    names = "|".join(cls.__name__ for cls in _named(info))
    return re.sub(rf"\b({names})\b", r"types.\1", text) if names else text


def _methods_index(namespaces: list[str]) -> str:
    """The namespaces, each imported when it is first used: a program uses few of them."""
    lines = [_HEAD.format(about="Every namespace of the table, as a client has it."), ""]
    lines += [
        "from functools import cached_property",
        "from typing import TYPE_CHECKING",
        "",
        "from openclaw._async import AsyncCaller",
        "from openclaw._sync import Caller",
        "",
        "if TYPE_CHECKING:",
    ]
    lines += [f"    from openclaw._methods.{n} import Async{n.capitalize()}, {n.capitalize()}" for n in namespaces]
    for prefix, caller in (("", "Caller"), ("Async", "AsyncCaller")):
        lines += ["", "", f"class {prefix}Methods({caller}):", '    """All methods of the table."""']
        for n in namespaces:
            kind = prefix + n.capitalize()
            lines += ["", "    @cached_property", f"    def {n}(self) -> {kind}:", f'        """`{n}.*`."""']
            lines += [f"        from openclaw._methods.{n} import {kind}", "", f"        return {kind}(self)"]
    return "\n".join(lines) + "\n"


def _docstring(text: str, indent: str) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        within = indent + " " * (len(line) - len(line.lstrip()))
        lines += textwrap.wrap(line.strip(), _WIDTH, initial_indent=within, subsequent_indent=within) or [""]
    body = "\n".join(lines).strip()
    if "\n" in body:
        return f'{indent}"""{body}\n{indent}"""'
    return f'{indent}"""{body}"""'


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
