"""One after the other, in the order they came."""

from collections import deque
from collections.abc import Hashable

import anyio


class Order:
    """Lets those who come under the same key go one after the other. Where nobody is before them it costs nothing."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[anyio.Event]] = {}

    async def enter(self, key: Hashable) -> None:
        """Wait until all who came before under that key have left; then `leave` has to follow."""
        waiting = self._waiting.get(key)
        if waiting is None:
            self._waiting[key] = deque()
            return
        turn = anyio.Event()
        waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self.leave(key)  # its turn came while it was being cancelled
            else:
                waiting.remove(turn)
            raise

    def leave(self, key: Hashable) -> None:
        """Let the next one go."""
        waiting = self._waiting[key]
        if waiting:
            waiting.popleft().set()
        else:
            del self._waiting[key]
