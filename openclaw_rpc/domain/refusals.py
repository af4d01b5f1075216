"""What a model's server said when it refused."""

from typing import Any

import msgspec


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
