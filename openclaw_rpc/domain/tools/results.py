"""What a model is given of a tool's result: all of it, or its beginning and the name of a file with the rest."""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import GatewayError, InternalError

MAX_RESULT: Final = 32_000
"""How many characters of a result a model is given."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


class Spill(Protocol):
    """Keeps what is too long, in the user's workspace."""

    async def spill(self, user: str, name: str, text: str) -> str:
        """Write `.openclaw/results/<name>`; answers the path as the user's file tools take it.

        Raises:
            GatewayError: it could not be written.
        """
        ...


class Results:
    """Bounds results."""

    def __init__(self, spill: Spill, log: Log, limit: int = MAX_RESULT) -> None:
        self._spill = spill
        self._log = log
        self._limit = limit

    async def bounded(self, tool: str, result: Any, user: str, call_id: str) -> Any:
        """The result itself, or, where it is too long, its beginning as text with a note about the whole.

        Raises:
            InternalError: the tool answered what is no JSON.
        """
        text = self.text(tool, result)
        if text is None or len(text) <= self._limit:
            return result
        # The id came from a model's server, and may have been used before.
        name = f"{_UNSAFE.sub('_', call_id)[:60]}-{new_id('')[-8:]}.txt"
        try:
            path = await self._spill.spill(user, name, text)
            whole = f"the whole is in {path}"
        except GatewayError as error:
            self._log.warning("a long result could not be kept", tool=tool, error=error.message)
            whole = "the rest could not be kept"
        note = f"\n… (cut: {len(text)} characters in all; {whole})"
        return text[: self._limit - len(note)] + note

    def text(self, tool: str, result: Any) -> str | None:
        """A result as the model reads it; None where it is so short that nobody has to look.

        Raises:
            InternalError: it is no JSON.
        """
        if isinstance(result, str):
            return result
        try:
            encoded = msgspec.json.encode(result)
        except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            self._log.error("a tool answered what is no JSON", tool=tool, error=repr(error))
            raise InternalError(f"{tool} answered what is no JSON") from None
        # No text has more characters than bytes.
        return None if len(encoded) <= self._limit else encoded.decode()
