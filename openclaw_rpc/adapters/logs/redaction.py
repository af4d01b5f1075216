"""Anything a part may log → plain values of bounded size that hold no secret."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final, cast
from urllib.parse import quote

import msgspec

from openclaw_rpc.config.secrets import PLACEHOLDER, hides, scrub

MAX_TEXT: Final = 4_000
MAX_TRACE: Final = 16_000
MAX_ITEMS: Final = 50
MAX_DEPTH: Final = 6
_SHORTEST: Final = 4
_LARGEST_INT: Final = 2**63


class Redactor:
    """Knows the secrets in use, and what secrets look like."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._keys: dict[str, bool] = {}

    def protect(self, values: Iterable[str]) -> None:
        """Have ``values`` replaced from now on, also as URLs write them. Shorter than four characters: not."""
        secrets = {value for value in values if len(value) >= _SHORTEST}
        if secrets <= self._known:
            return
        self._known |= secrets
        spelled = self._known | {quote(value, safe="") for value in self._known}
        spelled |= {msgspec.json.encode(value).decode()[1:-1] for value in self._known}
        self._pattern = re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True))))

    def text(self, text: str, limit: int = MAX_TEXT) -> str:
        """A text without secrets, cut to ``limit`` characters after they are out."""
        text = text[: 4 * limit]
        if self._pattern is not None:
            text = self._pattern.sub(PLACEHOLDER, text)
        text = scrub(text)
        return text if len(text) <= limit else f"{text[:limit]}… (cut)"

    def fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a line."""
        return {
            key: self.value(value, secret=self._hides(key, value), limit=MAX_TRACE if key == "exception" else MAX_TEXT)
            for key, value in fields.items()
        }

    def value(self, value: Any, *, secret: bool = False, limit: int = MAX_TEXT, depth: int = 0) -> Any:
        """Any value as a plain one: what is no number, text, list or mapping becomes its text."""
        if value is None or isinstance(value, bool):
            return value
        if _is_collection(value) and depth < MAX_DEPTH:
            return self._collection(value, secret, depth + 1)
        if secret:
            return PLACEHOLDER if value != "" else ""
        if isinstance(value, float) or (type(value) is int and abs(value) < _LARGEST_INT):
            return value
        if isinstance(value, bytes | bytearray):
            return f"<{len(value)} bytes>"
        return self.text(value if type(value) is str else _shown(value), limit)

    def _collection(self, value: Any, secret: bool, depth: int) -> Any:
        if isinstance(value, Mapping):
            pairs = list(cast("Mapping[Any, Any]", value).items())[:MAX_ITEMS]
            return {
                self.text(str(key)): self.value(item, secret=secret or self._hides(str(key), item), depth=depth)
                for key, item in pairs
            }
        items = list(cast("Sequence[Any]", value))
        plain = [self.value(item, secret=secret, depth=depth) for item in items[:MAX_ITEMS]]
        return plain if len(items) <= MAX_ITEMS else [*plain, f"… ({len(items)} in all)"]

    def _hides(self, key: str, value: Any) -> bool:
        if isinstance(value, dict | list):
            return hides(key, cast("Any", value))
        known = self._keys.get(key)
        if known is None:
            if len(self._keys) >= 1_000:
                self._keys.clear()
            known = self._keys[key] = hides(key, None)
        return known or (isinstance(value, str) and hides(key, value))


def _is_collection(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple | Set)


def _shown(value: Any) -> str:
    try:
        return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else str(value)
    except Exception:
        return f"<{type(value).__name__} that has no text>"
