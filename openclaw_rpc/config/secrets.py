"""What must not be shown: which keys hold secrets, and what secrets look like inside other text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

PLACEHOLDER: Final = "***REDACTED***"

_LAST_WORDS: Final = frozenset({"token", "key", "pin", "dsn"})
_ANY_WORDS: Final = frozenset(
    {"password", "passwd", "passphrase", "secret", "secrets", "apikey", "authorization"}
    | {"cookie", "cookies", "credential", "credentials"}
)
_PLURALS: Final = frozenset({"tokens", "keys", "passwords", "pins"})
_HARMLESS: Final = frozenset({"session key", "idempotency key", "public key"})
_ALL_SECRET: Final = frozenset({"headers", "env", "environment"})
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_LOOKS: Final = (
    ("eyJ", re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"), PLACEHOLDER),
    ("earer", re.compile(r"(\b[Bb]earer\s+)[\w.~+/=-]{6,}"), rf"\1{PLACEHOLDER}"),
    ("asic", re.compile(r"(\b[Bb]asic\s+)(?=[a-zA-Z0-9+/]*[A-Z0-9=])[a-zA-Z0-9+/]{6,}={0,2}"), rf"\1{PLACEHOLDER}"),
    ("sk-", re.compile(r"\bsk-[\w-]{5,}"), PLACEHOLDER),
    (
        "=",
        re.compile(r"(?i)([?&;](?:access_token|auth_token|token|password|api[_-]?key|key|secret|sig)=)[^&;#\s\"']+"),
        rf"\1{PLACEHOLDER}",
    ),
    ("://", re.compile(r"(://[^/\s:@]*:)[^/\s@]+(@)"), rf"\1{PLACEHOLDER}\2"),
)


def is_secret(key: str) -> bool:
    """Whether what stands under ``key`` is a secret, by the key's words: `api_key`, `botToken`, `X-Api-Key`."""
    words = [word.lower() for word in _WORD.findall(key)]
    if not words or " ".join(words[-2:]) in _HARMLESS:
        return False
    return words[-1] in _LAST_WORDS or not _ANY_WORDS.isdisjoint(words) or words[-2:] == ["webhook", "url"]


def scrub(text: str) -> str:
    """Replace what looks like a secret: JWTs, Bearer and Basic credentials, `sk-…`, secrets in URLs."""
    for hint, look, replacement in _LOOKS:
        if hint in text:
            text = look.sub(replacement, text)
    return text


def redact(value: Any, *, secret: bool = False) -> Any:
    """A copy of a tree of plain values without its secrets; null, empty text, true and false stay as they are."""
    if isinstance(value, dict):
        return {
            key: redact(item, secret=secret or hides(str(key), item))
            for key, item in cast("dict[Any, Any]", value).items()
        }
    if isinstance(value, list):
        return [redact(item, secret=secret) for item in cast("list[Any]", value)]
    if value is None or value == "" or isinstance(value, bool):
        return value
    if secret:
        return PLACEHOLDER
    return scrub(value) if isinstance(value, str) else value


def secret_values(value: Any, *, secret: bool = False) -> Iterator[str]:
    """The texts in a tree that ``redact`` would replace as a whole."""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[Any, Any]", value).items():
            yield from secret_values(item, secret=secret or hides(str(key), item))
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from secret_values(item, secret=secret)
    elif secret and isinstance(value, str) and value:
        yield value


def holds_placeholder(value: Any) -> bool:
    """Whether the placeholder stands anywhere in a tree."""
    if isinstance(value, dict):
        return any(holds_placeholder(item) for item in cast("dict[Any, Any]", value).values())
    if isinstance(value, list):
        return any(holds_placeholder(item) for item in cast("list[Any]", value))
    return isinstance(value, str) and PLACEHOLDER in value


def hides(key: str, item: Any) -> bool:
    """Whether ``item`` under ``key`` is secret. Of plurals texts alone are: `max_tokens` is a number."""
    if is_secret(key):
        return True
    if isinstance(item, dict):
        return key.lower() in _ALL_SECRET
    words = _WORD.findall(key)
    return bool(words) and words[-1].lower() in _PLURALS and isinstance(item, str | list)
