"""Options out of a row's params: a field `sessionKey` becomes `--session-key`, its Meta description the help."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec
import msgspec.inspect as mi

from openclaw_rpc.protocol.table import AnyMethod

if TYPE_CHECKING:
    AnyType = click.ParamType[Any, Any]
else:
    AnyType = click.ParamType  # older clicks know no parameters of it

_SCALARS: tuple[tuple[type[mi.Type], AnyType], ...] = (
    (mi.IntType, click.INT),
    (mi.FloatType, click.FLOAT),
    (mi.StrType, click.STRING),
)


class JsonText(AnyType):
    """A JSON value on the command line."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse it, or say where it stops being JSON."""
        if not isinstance(value, str):
            return value
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError as error:
            self.fail(f"{value!r} is not JSON: {error}", param, ctx)


JSON = JsonText()


def fields_of(row: AnyMethod) -> tuple[mi.Field, ...]:
    """The fields of a row's params."""
    found = mi.type_info(row.params)
    return found.fields if isinstance(found, mi.StructType) else ()


def kebab(name: str) -> str:
    """``sessionKey`` → ``session-key``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", name).lower()


def options(row: AnyMethod) -> list[click.Option]:
    """An option for every field of the row's params; none is required, since JSON may bring the field as well."""
    return [_option(field) for field in fields_of(row)]


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


def _option(field: mi.Field) -> click.Option:
    kind, said = plain(field.type)
    names = [f"--{kebab(field.encode_name)}", "field_" + field.encode_name]
    about = " ".join(part for part in (said, _default(field)) if part)
    if isinstance(kind, mi.BoolType):
        names[0] = f"{names[0]}/--no-{names[0].removeprefix('--')}"
        return click.Option(names, default=None, help=about)
    if isinstance(kind, mi.ListType):
        item = _scalar(plain(kind.item_type)[0])
        if item is not None:
            return click.Option(names, type=item, multiple=True, help=f"{about} Again for more.".strip())
    return click.Option(names, type=_scalar(kind) or JSON, default=None, help=about)


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
    if isinstance(field.default, str | int | float) and field.default != "":
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


def assign(pairs: Sequence[str]) -> dict[str, Any]:
    """``key=value`` pairs as params: dots lead into objects, a value that is JSON is taken as such, else as text.

    Raises:
        click.BadParameter: a pair has no ``=``, or a key leads through what is no object.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        if not equals or not path:
            raise click.BadParameter(f"{pair!r} is not key=value", param_hint="--param")
        at = found
        *outer, last = path.split(".")
        for name in outer:
            below: Any = at.setdefault(name, {})
            if not isinstance(below, dict):
                raise click.BadParameter(f"{path}: {name} is not an object", param_hint="--param")
            at = cast("dict[str, Any]", below)
        try:
            at[last] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            at[last] = text
    return found


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
