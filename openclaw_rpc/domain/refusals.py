"""What a model's server said when it refused."""

import re
from typing import Any, cast

import msgspec

from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.protocol.errors import GatewayError, ProviderError

_NAMED = re.compile(r" ?\(https?://[^)\s]*\)")
_ADDRESS = re.compile(r"https?://[^\s,;)'\"]+|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b|\b[\w-]+(?:\.[\w-]+)*:\d{4,5}\b")


class _ErrorAnswer(msgspec.Struct):
    error: Any = None


def error_told(body: bytes | None) -> Any:
    """The error that a server's own answer holds, as it spelled it."""
    if not body:
        return None
    try:
        return msgspec.json.decode(body, type=_ErrorAnswer).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def hide_addresses(error: GatewayError, user: str) -> None:
    """Leave out where a model's server is, its own words included: that is the owner's business alone."""
    if isinstance(error, ProviderError) and user != OWNER:
        error.message = without_addresses(error.message)
        error.details = without_addresses(error.details)


def without_addresses(told: Any) -> Any:
    """A text, or texts inside of lists and objects, without the addresses of servers."""
    if isinstance(told, str):
        return _ADDRESS.sub("its address", _NAMED.sub("", told))
    if isinstance(told, dict):
        return {name: without_addresses(value) for name, value in cast("dict[str, Any]", told).items()}
    if isinstance(told, list):
        return [without_addresses(value) for value in cast("list[Any]", told)]
    return told
