"""What `gateway.yaml` says → typed settings, or every problem it has, each with its line and the nearest known key."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from openclaw_rpc.config.decoding import ALIASES, Decoder, no_such_key, shape_of
from openclaw_rpc.config.errors import Keys
from openclaw_rpc.config.names import misnamed
from openclaw_rpc.config.parsing import ParsedFile, parse
from openclaw_rpc.config.settings import Settings, contradictions


def load(text: str, file: str, env: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings from the text of a `gateway.yaml`.

    Args:
        text: The file's text; an empty one gives the defaults.
        file: Its name, for the problems.
        env: Variables for `${NAME}` and `${NAME:-text}`; `$${` stands for `${` itself.
        overrides: What the command line says, nested as the file is; takes precedence.

    Raises:
        ConfigError: with all problems that were found.
    """
    return decode(parse(text, file), env, overrides or {})


def decode(document: ParsedFile, env: Mapping[str, str], overrides: Mapping[str, Any]) -> Settings:
    """Expand, check and type a document.

    Raises:
        ConfigError: with all problems that were found.
    """
    decoder = Decoder(document, env)
    value = merge(decoder.expanded(document.value, ()), overrides)
    built = decoder.typed(Settings, value, ())
    if not decoder.problems and built is not None:
        for keys, reason in (*contradictions(built), *misnamed(built, _channel_folders(document, env))):
            decoder.problem(keys, reason)
    return decoder.done(built)


def _channel_folders(document: ParsedFile, env: Mapping[str, str]) -> list[Path]:
    """Where installed channels may lie: in the home, which has the file unless that was chosen."""
    homes = [Path(document.file).parent, *map(Path, filter(None, [env.get("OPENCLAW_HOME")]))]
    return [home / "channels" for home in homes]


def merge(value: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``value`` with ``over`` laid over it, mapping by mapping."""
    merged = dict(value)
    for key, item in over.items():
        below = merged.get(key)
        if isinstance(item, Mapping) and isinstance(below, Mapping):
            merged[key] = merge(cast("Mapping[str, Any]", below), cast("Mapping[str, Any]", item))
        else:
            merged[key] = item
    return merged


def unknown_keys(value: Any, kind: Any = Settings, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """The keys of a tree that no setting is called by, and what may have been meant."""
    shape = shape_of(kind)
    if not isinstance(value, dict):
        return
    tree = cast("dict[str, Any]", value)
    if shape.struct is not None:
        known = {field.name: field.type for field in msgspec.structs.fields(shape.struct)}
        for key, item in tree.items():
            name = ALIASES.get((*keys, key), key)
            if name in known:
                yield from unknown_keys(item, known[name], (*keys, key))
            else:
                yield (*keys, key), no_such_key(key, known)
    elif shape.values is not None:
        for key, item in tree.items():
            yield from unknown_keys(item, shape.values, (*keys, key))
