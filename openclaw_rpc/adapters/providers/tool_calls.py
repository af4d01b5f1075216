"""Which pieces of a stream belong to which tool call: by index, by id, or by order, as servers have it."""

import msgspec

from openclaw_rpc.adapters.providers.frames import CalledFunction, ToolCallPiece
from openclaw_rpc.domain.chunks import ToolCallPart
from openclaw_rpc.protocol.ids import new_id


class _OpenCall:
    """A call as far as it came."""

    __slots__ = ("arguments", "id", "index", "name")

    def __init__(self, index: int, call_id: str | None) -> None:
        self.index = index
        self.id = call_id
        """As the server gave it."""
        self.name = ""
        self.arguments: list[str] = []

    def is_whole(self) -> bool:
        """Whether its arguments are a whole JSON object."""
        text = "".join(self.arguments)
        if not text.rstrip().endswith("}"):
            return False
        try:
            msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return False
        return True


class ToolCalls:
    """The calls of one answer."""

    def __init__(self) -> None:
        self.count = 0
        self._by_id: dict[str, _OpenCall] = {}
        self._by_index: dict[int, _OpenCall] = {}
        self._last: _OpenCall | None = None

    def take(self, call: ToolCallPiece, *, whole: bool = False) -> tuple[ToolCallPart, bool]:
        """A piece as part of its call, and whether it is spelled so that OpenAI's clients take it as it came.

        ``whole``: it is a call by itself, whatever its index.
        """
        function = call.function or CalledFunction()
        found = None if whole else self._find(call, function)
        begins = found is None
        if found is None:
            found = _OpenCall(self.count, call.id)
            self.count += 1
        self._last = found
        found.id = found.id or call.id
        if call.id:
            self._by_id.setdefault(call.id, found)
        if call.index is not None:
            self._by_index[call.index] = found
        found.name = found.name or function.name or ""
        arguments = function.arguments or ""
        if arguments:
            found.arguments.append(arguments)
        plain = call.index == found.index and (bool(call.id) if begins else call.id in (None, "", found.id))
        part = ToolCallPart(
            index=found.index,
            id=(call.id or new_id("call")) if begins else None,
            name=function.name,
            arguments=arguments,
            extra=call.extra_content,
        )
        return part, plain

    def _find(self, call: ToolCallPiece, function: CalledFunction) -> _OpenCall | None:
        """The call that a piece goes on with; None where it begins another."""
        found = self._by_index.get(call.index) if call.index is not None else None
        if call.id and call.id in self._by_id:
            known = self._by_id[call.id]
            # Some servers give two calls one id.
            return known if call.index is None or found is known or not function.name else found
        if call.index is not None and found is None:
            return None
        found = found or self._last
        if found is None:
            return None
        if not function.name:
            return found  # a server that gives each piece an id of its own
        if call.id:
            return None if found.id else found
        # A name again: of the next call, unless its server repeats it in every piece.
        if call.index is None or function.name != found.name or found.is_whole():
            return None
        return found
