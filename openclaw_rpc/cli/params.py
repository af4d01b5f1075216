"""Options out of a row's params: a field `sessionKey` becomes `--session-key`, its Meta description the help."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec
import msgspec.inspect as mi

from openclaw_rpc.cli.completing import complete_name, is_known
from openclaw_rpc.cli.moments import MOMENT, moment
from openclaw_rpc.protocol.base import Timestamp

if TYPE_CHECKING:
    from openclaw_rpc.protocol.table import AnyMethod

    AnyType = click.ParamType[Any, Any]
else:
    AnyType = click.ParamType  # older clicks know no parameters of it

_SCALARS: tuple[tuple[type[mi.Type], AnyType], ...] = (
    (mi.IntType, click.INT),
    (mi.FloatType, click.FLOAT),
    (mi.StrType, click.STRING),
)


class JsonText(AnyType):
    """A JSON value on the command line; a plain text where the field takes one."""

    name = "json"

    def __init__(self, kind: mi.Type) -> None:
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse it, or say where it stops being JSON."""
        if not isinstance(value, str):
            return value
        try:
            return read_value(value, self._kind)
        except msgspec.DecodeError as error:
            self.fail(f"{value!r} is not JSON: {error}", param, ctx)


_OF_JSON: Mapping[type, tuple[type[mi.Type], ...]] = {
    bool: (mi.BoolType,),
    int: (mi.IntType, mi.FloatType),
    float: (mi.FloatType,),
    list: (mi.ListType, mi.VarTupleType, mi.TupleType, mi.SetType, mi.FrozenSetType),
    dict: (mi.DictType, mi.StructType),
    type(None): (mi.NoneType,),
    str: (mi.StrType, mi.EnumType, mi.LiteralType),
}
"""Which types of the table take what JSON can say."""


def read_value(text: str, kind: mi.Type) -> Any:
    """What a text on the command line means for a field: JSON where the field takes that, else the text itself.

    Raises:
        msgspec.DecodeError: it is no JSON, and the field takes no text.
    """
    members = list(_members(kind))
    if any(isinstance(one, mi.AnyType) for one in members):
        members += [mi.StrType()]
    takes_text = any(isinstance(one, _OF_JSON[str]) for one in members)
    try:
        found: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        items = [one.item_type for one in members if isinstance(one, mi.ListType)]
        if takes_text:
            return text
        if items and any(isinstance(one, _OF_JSON[str]) for one in _members(items[0])):
            return text.split(",")
        raise
    fits = any(isinstance(one, (*_OF_JSON[type(found)], mi.AnyType)) for one in members)
    return text if takes_text and not fits else found


def _members(kind: mi.Type) -> Iterator[mi.Type]:
    """The types that a type is one of, without their descriptions."""
    if isinstance(kind, mi.Metadata):
        yield from _members(kind.type)
    elif isinstance(kind, mi.UnionType):
        for one in kind.types:
            yield from _members(one)
    else:
        yield kind


def fields_of(row: AnyMethod) -> tuple[mi.Field, ...]:
    """The fields of a row's params."""
    found = mi.type_info(row.params)
    return found.fields if isinstance(found, mi.StructType) else ()


def kebab(name: str) -> str:
    """``sessionKey`` → ``session-key``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", name).lower()


def options(row: AnyMethod) -> list[click.Option]:
    """An option for every field of the row's params; none is required, since JSON may bring the field as well."""
    return [_option(field, row.namespace) for field in fields_of(row)]


def plain(kind: mi.Type) -> tuple[mi.Type, str]:
    """A type without its description and without null, and the description."""
    said = ""
    while True:
        if isinstance(kind, mi.Metadata):
            schema = cast("dict[str, Any]", kind.extra_json_schema or {})
            said = said or str(schema.get("description", ""))
            kind = kind.type
        elif isinstance(kind, mi.UnionType):
            rest = [one for one in kind.types if not isinstance(one, mi.NoneType)]
            if len(rest) != 1:
                return kind, said
            kind = rest[0]
        else:
            return kind, said


_TIMESTAMP = plain(mi.type_info(Timestamp))[0]


def type_of(kind: mi.Type) -> AnyType:
    """The type of an argument for a field; of a list, for one of its items."""
    if isinstance(kind, mi.ListType):
        return type_of(plain(kind.item_type)[0])
    return _scalar(kind) or JsonText(kind)


def _option(field: mi.Field, namespace: str) -> click.Option:
    kind, said = plain(field.type)
    if is_past(field):
        return click.Option(
            [f"--{kebab(field.encode_name)}", "field_" + field.encode_name],
            type=MOMENT,
            help=" ".join(part for part in (said, "Or how long ago: 2h.", _default(field)) if part),
        )
    names = [f"--{kebab(field.encode_name)}", "field_" + field.encode_name]
    about = " ".join(part for part in (said, _default(field)) if part)
    if isinstance(kind, mi.BoolType):
        names[0] = f"{names[0]}/--no-{names[0].removeprefix('--')}"
        return click.Option(names, default=None, help=about)
    if isinstance(kind, mi.ListType):
        item = _scalar(plain(kind.item_type)[0])
        if item is not None:
            return click.Option(names, type=item, multiple=True, help=f"{about} May be repeated.".strip())
    names_of = complete_name(namespace, field.encode_name) if is_known(namespace, field.encode_name) else None
    return click.Option(names, type=_scalar(kind) or JsonText(kind), default=None, help=about, shell_complete=names_of)


def is_past(field: mi.Field) -> bool:
    """Whether a field is a time that a list begins or ends with, so that "an hour ago" can be meant."""
    return field.encode_name in {"since", "until", "before"} and plain(field.type)[0] == _TIMESTAMP


def _scalar(kind: mi.Type) -> AnyType | None:
    """The type of an option for a simple field; None for what takes JSON."""
    if isinstance(kind, mi.EnumType):
        return click.Choice([str(one.value) for one in kind.cls])
    if isinstance(kind, mi.LiteralType):
        return click.Choice([str(value) for value in kind.values])
    for known, option in _SCALARS:
        if isinstance(kind, known):
            return option
    return None


def _default(field: mi.Field) -> str:
    if field.required:
        return "[required]"
    if isinstance(field.default, str):
        return f"[default: {field.default}]" if field.default else ""
    if isinstance(field.default, int | float):
        return f"[default: {msgspec.json.encode(field.default).decode()}]"
    return ""


def collect(given: Mapping[str, Any]) -> dict[str, Any]:
    """The params that the options of `options` brought."""
    found: dict[str, Any] = {}
    for variable, value in given.items():
        if variable.startswith("field_") and value is not None and value != ():
            many = isinstance(value, tuple)
            found[variable.removeprefix("field_")] = list(cast("tuple[Any, ...]", value)) if many else value
    return found


def assign(row: AnyMethod, pairs: Sequence[str]) -> dict[str, Any]:
    """``key=value`` pairs as a row's params: dots lead into objects; a value is read as its field's type wants it.

    Raises:
        click.BadParameter: a pair has no ``=``, a key names no field or leads through what is no object, or the value
            can't be what its field takes.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        if not equals or not path:
            raise click.BadParameter(f"{pair!r} is not key=value.", param_hint="KEY=VALUE")
        at = found
        first, *rest = path.split(".")
        field = _named(row, first)
        *outer, last = (field.encode_name, *rest)
        for name in outer:
            below: Any = at.setdefault(name, {})
            if not isinstance(below, dict):
                raise click.BadParameter(f"{path}: {name} is not an object.", param_hint="KEY=VALUE")
            at = cast("dict[str, Any]", below)
        at[last] = _assigned(field, path, rest, text)
    return found


def _assigned(field: mi.Field, path: str, rest: Sequence[str], text: str) -> Any:
    if not rest and is_past(field):
        return moment(text)
    try:
        return read_value(text, _inner(field.type, rest))
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"{path}: {text!r} is not JSON: {error}", param_hint="KEY=VALUE") from None


def _named(row: AnyMethod, name: str) -> mi.Field:
    """The field that is called so, as in JSON or as an option is spelled."""
    fields = {field.encode_name: field for field in fields_of(row)}
    spelled = {kebab(one).replace("-", "_"): one for one in fields}
    found = name if name in fields else spelled.get(name.replace("-", "_"), "")
    if found in fields:
        return fields[found]
    from difflib import get_close_matches  # seldom needed

    near = get_close_matches(name, fields, n=1)
    meant = f"did you mean {near[0]}?" if near else f"it takes {', '.join(fields) or 'nothing'}."
    raise click.BadParameter(f"{row.name} has no param {name}; {meant}", param_hint="KEY=VALUE")


def _inner(kind: mi.Type, path: Sequence[str]) -> mi.Type:
    """The type of what lies inside, where the table knows it; else any."""
    for name in path:
        members = list(_members(kind))
        fields = [field for one in members if isinstance(one, mi.StructType) for field in one.fields]
        values = [one.value_type for one in members if isinstance(one, mi.DictType)]
        named = [field.type for field in fields if field.encode_name == name]
        kind = (named or values or [mi.AnyType()])[0]
    return kind


def merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """``more`` over ``base``, objects merged."""
    found = dict(base)
    for name, value in more.items():
        old = found.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            found[name] = merge(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        else:
            found[name] = value
    return found
