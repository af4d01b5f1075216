"""What may be remembered: sizes and shapes, each refusal naming its field."""

import re
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.memory.ports import Memory
from openclaw_rpc.protocol.errors import InvalidRequest, TooLarge

VALUE_BYTES: Final = 1024 * 1024
METADATA_BYTES: Final = 64 * 1024
KEY_CHARACTERS: Final = 200
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def check(memory: Memory) -> None:
    """See that a memory can be kept.

    Raises:
        InvalidRequest: its key is empty, too long or has control characters; its value or metadata are no JSON.
        TooLarge: value or metadata are; ``details.limit`` is in bytes of JSON.
    """
    reason = None
    if not 0 < len(memory.key) <= KEY_CHARACTERS:
        reason = f"must have 1 to {KEY_CHARACTERS} characters"
    elif _CONTROL.search(memory.key):
        reason = "must have no control characters"
    elif not _encodable(memory.key):
        reason = "is not valid Unicode"
    if reason is not None:
        raise InvalidRequest(f"key {reason}", field="key", reason=reason)
    check_value(memory.value)
    _fits([memory.metadata, memory.tags], "metadata", METADATA_BYTES)


def check_value(value: Any) -> None:
    """See that a value can be kept.

    Raises:
        InvalidRequest: it is no JSON. TooLarge: it is; ``details.limit`` is in bytes of JSON.
    """
    _fits(value, "value", VALUE_BYTES)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fits(value: Any, field: str, limit: int) -> None:
    try:
        size = len(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = f"can't be kept as JSON: {error}"
        raise InvalidRequest(f"{field} {reason}", field=field, reason=reason) from None
    if size > limit:
        reason = f"has {size} bytes of JSON, and {limit} are the limit"
        raise TooLarge(f"{field} {reason}", field=field, reason=reason, limit=limit)
