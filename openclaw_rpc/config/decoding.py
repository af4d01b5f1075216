"""Plain values → structs, or every problem they have, each with its line and the nearest known key.

The settings themselves are imported only for the advice on a misplaced key, so that a command which needs one section
starts soon.
"""

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec

from openclaw_rpc.config.errors import ConfigError, Keys, Problem
from openclaw_rpc.config.parsing import ParsedFile
from openclaw_rpc.domain.nearest import meant

ALIASES: Final[Mapping[tuple[str, ...], str]] = {("security", "requirePinFor"): "require_pin_for"}
"""Other spellings that are taken: where, and the key's own name."""

_VARIABLE: Final = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|)")
_PLACE: Final = re.compile(r"\[(\d+)\]|\.([^.\[]+)")
S = TypeVar("S", bound=msgspec.Struct)

Contradictions = Callable[[S], Iterator[tuple[Keys, str]]]


def section(document: ParsedFile, env: Mapping[str, str], name: str, kind: type[S], check: Contradictions[S]) -> S:
    """One section alone. The others may need variables that only the gateway's own environment has.

    Raises:
        ConfigError: with all problems that it has.
    """
    decoder = Decoder(document, env)
    built = decoder.typed(kind, decoder.expanded(document.value.get(name), (name,)), (name,))
    if built is not None:
        for keys, reason in check(built):
            decoder.problem(keys, reason)
    return decoder.done(built)


class Shape(msgspec.Struct, frozen=True):
    """A type as far as keys are concerned: a struct, or a mapping's values; ``rest`` is what else it may be."""

    struct: type[msgspec.Struct] | None = None
    values: Any = None
    rest: Any = None


def shape_of(kind: Any) -> Shape:
    """What a type of settings is as far as keys are concerned."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return Shape(kind)
    if get_origin(kind) is dict:
        return Shape(None, get_args(kind)[1])
    if get_origin(kind) in (Union, types.UnionType):
        members = get_args(kind)
        for member in members:
            inner = shape_of(member)
            if inner.struct is not None or inner.values is not None:
                rest = Union[tuple(other for other in members if other is not member)]  # noqa: UP007 - made of a tuple
                return Shape(inner.struct, inner.values, rest)
    return Shape()


class Decoder:
    """Types what stands in a document; ``problems`` are those that it found."""

    def __init__(self, document: ParsedFile, env: Mapping[str, str]) -> None:
        self._document = document
        self._env = env
        self.problems: list[Problem] = []
        self._expanded: set[Keys] = set()

    def done(self, built: S | None) -> S:
        """What was built, where nothing was wrong.

        Raises:
            ConfigError: with all problems, in the order of their lines.
        """
        if self.problems or built is None:
            raise ConfigError(sorted(self.problems, key=lambda problem: problem.line or 0))
        return built

    def problem(self, keys: Keys, reason: str) -> None:
        """Note what is wrong at a path."""
        self.problems.append(self._document.problem(keys, reason))

    def expanded(self, value: Any, keys: Keys) -> Any:
        """A value with its variables replaced."""
        if isinstance(value, dict):
            return {key: self.expanded(item, (*keys, key)) for key, item in cast("dict[str, Any]", value).items()}
        if isinstance(value, list):
            return [self.expanded(item, (*keys, str(index))) for index, item in enumerate(cast("list[Any]", value))]
        if not isinstance(value, str) or "${" not in value:
            return value
        self._expanded.update(keys[:length] for length in range(len(keys) + 1))
        return _VARIABLE.sub(lambda found: self._variable(found, keys), value)

    def _variable(self, found: re.Match[str], keys: Keys) -> str:
        name, default = found.group(1), found.group(2)
        if found.group() == "$${":
            return "${"
        if name is None:
            self.problem(keys, "`${` is not followed by a variable's name and `}`; `$${` stands for `${` itself")
            return ""
        known = self._env.get(name)
        if default is not None:
            return known or default
        if known is None:
            default = f"${{{name}:-text}} would give it a default"
            self.problem(keys, f"the environment has no variable {name}, nor has the file .env; {default}")
            return ""
        return known

    def _build(self, kind: Any, value: Any, keys: Keys) -> Any:
        shape = shape_of(kind)
        if shape.rest is not None and not isinstance(value, dict):
            return self._leaf(shape.rest, value, keys)
        if shape.struct is not None:
            return self.typed(shape.struct, value, keys)
        if shape.values is not None and shape_of(shape.values).struct is not None and isinstance(value, dict):
            return self._mapping(kind, shape.values, cast("dict[str, Any]", value), keys)
        return self._leaf(kind, value, keys)

    def typed(self, kind: type[S], value: Any, keys: Keys) -> S | None:
        """A struct of what stands at a path; None where that has problems."""
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.problem(keys, "keys and their values are expected here, indented")
            return None
        before = len(self.problems)
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        found: dict[str, Any] = {}
        for key, item in cast("dict[str, Any]", value).items():
            name = ALIASES.get((*keys, key), key)
            if name not in fields:
                self.problem((*keys, key), no_such_key(key, fields))
            elif name in found:
                self.problem((*keys, key), f"the same as {name}, which is here as well")
            elif item is not None:
                found[name] = self._build(fields[name].type, item, (*keys, key))
        for name, field in fields.items():
            if field.required and name not in found:
                self.problem(keys, f"`{name}` is missing")
        if len(self.problems) > before:
            return None
        try:
            return kind(**found)
        except ValueError as error:
            named = re.search(r"`(\w+)`", str(error))
            self.problem((*keys, named[1]) if named and named[1] in fields else keys, str(error))
            return None

    def _mapping(self, kind: Any, values: Any, found: dict[str, Any], keys: Keys) -> dict[str, Any]:
        names = get_args(get_args(kind)[0] if get_origin(kind) is Annotated else kind)[0]
        built: dict[str, Any] = {}
        for key, item in found.items():
            try:
                msgspec.convert(key, names)
            except msgspec.ValidationError as error:
                self.problem((*keys, key), f"this can't be a name: {error}")
            built[key] = self._build(values, item, (*keys, key))
        return built

    def _leaf(self, kind: Any, value: Any, keys: Keys) -> Any:
        try:
            return msgspec.convert(value, kind, strict=keys not in self._expanded)
        except (msgspec.ValidationError, RecursionError) as error:
            if self._items(kind, value, keys):
                return None
            said, _, place = str(error).partition(" - at `$")
            inner = tuple(index or name for index, name in _PLACE.findall(place))
            reason = _form(kind) if "matching regex" in said else said + _advice(said, value, kind)
            self.problem((*keys, *inner), reason)
            return None

    def _items(self, kind: Any, value: Any, keys: Keys) -> bool:
        """Whether some of a mapping's plain values are wrong: each is a problem, with its own key."""
        values = shape_of(kind).values
        if values is None or not isinstance(value, dict):
            return False
        before = len(self.problems)
        for key, item in cast("dict[str, Any]", value).items():
            if not isinstance(item, dict | list):
                self._leaf(values, item, (*keys, key))
        return len(self.problems) > before


def _advice(said: str, value: Any, kind: Any) -> str:
    if said.startswith("Invalid enum value"):
        known = [str(choice) for choice in _choices(kind)]
        return f": it is one of {', '.join(known)}{meant(str(value), known)}" if known else ""
    if "got `str`" in said and isinstance(value, str):
        if "`bool`" in said:
            return ": write true or false"
        if re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", value):
            return ": write the number without quotes"
    if "Expected `str" in said and ("got `int`" in said or "got `float`" in said or "got `bool`" in said):
        return ": put it in quotes"
    if "Expected `array`" in said:
        return ": a list is expected, `[one, two]`"
    return ""


def _form(kind: Any) -> str:
    """What a text of a certain form is, in the words that the settings have for it."""
    for meta in _metas(kind):
        if meta.pattern is not None:
            example = f", such as {meta.examples[0]}" if meta.examples else ""
            return f"it is of another form. Expected here: {meta.description or 'a text'}{example}"
    return "it is of another form"


def _metas(kind: Any) -> Iterator[msgspec.Meta]:
    for member in get_args(kind):
        if isinstance(member, msgspec.Meta):
            yield member
        else:
            yield from _metas(member)


def _choices(kind: Any) -> Iterator[Any]:
    """The values of the `Literal`s in a type."""
    for member in get_args(kind):
        if get_origin(kind) is Literal:
            yield member
        else:
            yield from _choices(member)


def no_such_key(key: str, known: Iterable[str]) -> str:
    """The reason for an unknown key: the nearest known one, or where else that name belongs."""
    nearest = _nearest(key, known)
    if nearest is not None:
        return f"there is no such key; did you mean `{nearest}`?"
    from openclaw_rpc.config.settings import Settings  # seldom needed, and large

    elsewhere = _elsewhere(key, Settings)
    if elsewhere is not None:
        return f"there is no such key here; did you mean `{elsewhere}`?"
    return f"there is no such key; known are {', '.join(sorted(known))}"


def _nearest(key: str, known: Iterable[str]) -> str | None:
    import difflib  # seldom needed

    spelled = {_folded(name): name for name in known}
    close = difflib.get_close_matches(_folded(key), spelled, n=1, cutoff=0.6)
    return spelled[close[0]] if close else None


def _folded(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _elsewhere(key: str, kind: Any, keys: Keys = ()) -> str | None:
    """Where a type of settings has a key of that name."""
    struct = shape_of(kind).struct
    if struct is None:
        return None
    fields = msgspec.structs.fields(struct)
    if keys and any(field.name == key for field in fields):
        return ".".join((*keys, key))
    places = (_elsewhere(key, field.type, (*keys, field.name)) for field in fields)
    return next((place for place in places if place is not None), None)
