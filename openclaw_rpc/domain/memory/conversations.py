"""What was said in runs, kept several turns at a time: a run waits for none of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import anyio

from openclaw_rpc.domain.memory.checks import check_value
from openclaw_rpc.domain.memory.ports import Memory, MemoryStore
from openclaw_rpc.domain.memory.words import index_words, text_of
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.threads import in_thread

SOON: Final = 0.25
"""After how many seconds a turn is kept, at the latest."""
LATER: Final = 8.0
"""After how many seconds a disk that takes nothing is asked again, at the latest."""
AT_ONCE: Final = 64
"""So many turns are kept without waiting for more."""
WAITING: Final = 1_000
"""How many turns may wait for a disk that takes nothing; the oldest are given up."""
TURN_CHARACTERS: Final = 8_000
"""How much of a question, and of an answer, is remembered."""
IN_PLACE: Final = 2_000
"""Texts up to this many characters together are taken apart at once, longer ones in a thread."""


class RememberedTurns:
    """The turns that are to be remembered; ``kept`` is called when some were."""

    def __init__(self, store: MemoryStore, log: Log, kept: Callable[[], None]) -> None:
        self._store = store
        self._log = log
        self._kept = kept
        self._waiting: list[Memory] = []
        self._forgotten: set[tuple[str, str]] = set()
        self._some = anyio.Event()
        self._many = anyio.Event()
        self._keeping = anyio.Lock()

    def note(self, user: str, session_key: str, run_id: str, question: str, answer: str, now: str) -> None:
        """Remember a turn soon, until its session is forgotten; long texts by their beginning.

        Raises:
            InvalidRequest: what was said is no text.
        """
        memory = Memory(
            user=user,
            key=f"conversation/{run_id}"[:200],
            value={"question": question[:TURN_CHARACTERS], "answer": answer[:TURN_CHARACTERS]},
            created_at=now,
            kind="conversation",
            metadata={"runId": run_id},
            session_key=session_key,
        )
        check_value(memory.value)  # all else is ours
        self._waiting.append(memory)
        self._some.set()
        if len(self._waiting) >= AT_ONCE:
            self._many.set()

    @property
    def forgetting(self) -> bool:
        """Whether what belongs to a session is still to be forgotten."""
        return bool(self._forgotten)

    async def settle(self) -> None:
        """Keep what waits, and return when it is on disk. What the disk does not take is tried again later."""
        # Once it is one's turn nobody else keeps anything: two who asked whether the lock is held would each hold it up
        # for the other, for ever.
        while self._waiting or self._forgotten or self._keeping.locked():
            async with self._keeping:
                if not (self._waiting or self._forgotten):
                    return
                turns: list[Memory] = []
                try:
                    with anyio.CancelScope(shield=True):
                        for session in tuple(self._forgotten):
                            await self._store.forget_session(*session)
                            self._forgotten.discard(session)
                        turns, self._waiting = self._waiting, []
                        if turns:
                            await self._store.put_all(turns, await _taken_apart(turns))
                except GatewayError as error:
                    self._waiting = [*(t for t in turns if _place(t) not in self._forgotten), *self._waiting][-WAITING:]
                    self._log.warning("conversations could not be remembered", error=error.message)
                    return
                if turns:
                    self._kept()

    def forget_soon(self, user: str, session_key: str) -> None:
        """Forget what belongs to a session, at once but for the disk; what is asked later does not find it."""
        self._waiting = [turn for turn in self._waiting if _place(turn) != (user, session_key)]
        self._forgotten.add((user, session_key))
        self._some.set()
        self._many.set()

    async def forget(self, user: str, session_key: str) -> int:
        """Forget what belongs to a session; how many memories that were, or would have been."""
        async with self._keeping:
            # Not before: what is being kept just now waits again where the disk refuses it.
            left = [turn for turn in self._waiting if _place(turn) != (user, session_key)]
            dropped, self._waiting = len(self._waiting) - len(left), left
            return dropped + await self._store.forget_session(user, session_key)

    async def keep_up(self) -> None:
        """Keep what is noted, until cancelled."""
        pause = 0.0
        while True:
            await self._some.wait()
            if pause:
                await anyio.sleep(pause)
            else:
                with anyio.move_on_after(SOON):
                    await self._many.wait()
            self._some, self._many = anyio.Event(), anyio.Event()
            try:
                await self.settle()
            except Exception:
                self._log.error("conversations could not be remembered", exc_info=True)
            # Where the disk took nothing it is asked again, ever later.
            left = bool(self._waiting or self._forgotten)
            pause = min(max(SOON, 2 * pause), LATER) if left else 0.0
            if left:
                self._some.set()


def _place(turn: Memory) -> tuple[str, str | None]:
    return turn.user, turn.session_key


async def _taken_apart(turns: list[Memory]) -> list[list[str]]:
    """The words that each is found by: what was said, not the ids it goes by."""
    texts = [text_of([turn.value]) for turn in turns]
    if sum(map(len, texts)) <= IN_PLACE:
        return [index_words(text) for text in texts]
    return await in_thread(lambda: [index_words(text) for text in texts])
