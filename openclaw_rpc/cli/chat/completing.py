"""What a line that begins with `/` may go on with."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from openclaw import OpenClawError
from openclaw_rpc.cli.chat.slash import ENTRIES, LISTED, title_of

if TYPE_CHECKING:
    from openclaw import AsyncOpenClawClient

FRESH_SECONDS = 30


class SlashCompleter(Completer):
    """Completes commands, and the names that they take; files by this machine's folders."""

    def __init__(self, client: AsyncOpenClawClient) -> None:
        self._client = client
        self._files = PathCompleter(expanduser=True)
        self._names: dict[str, Callable[[], Awaitable[list[tuple[str, str]]]]] = {
            "model": self._models,
            "agent": self._agents,
            "sessions": self._sessions,
        }
        self._asked: dict[str, tuple[float, list[tuple[str, str]]]] = {}

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """None: they are asked for without holding up the terminal."""
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion]:
        """The commands, or what the one that was typed takes."""
        text = document.text_before_cursor
        if not text.startswith("/") or "\n" in text:
            return
        name, space, rest = text[1:].partition(" ")
        if not space:
            for known, entry in ENTRIES.items():
                if known.startswith(name):
                    yield Completion(known, -len(name), display=f"/{known} {entry.takes}", display_meta=entry.doc)
        elif name in ("attach", "image"):
            for found in self._files.get_completions(Document(rest), complete_event):
                yield found
        elif name in self._names:
            for value, about in await self._known(name):
                if rest.lower() in value.lower():
                    yield Completion(value, -len(rest), display_meta=about)

    async def _known(self, name: str) -> list[tuple[str, str]]:
        when, names = self._asked.get(name, (0.0, []))
        if time.monotonic() - when > FRESH_SECONDS or not when:
            try:
                names = await self._names[name]()
            except OpenClawError:
                return []
            self._asked[name] = time.monotonic(), names
        return names

    async def _models(self) -> list[tuple[str, str]]:
        return [(one.id, one.provider) for one in (await self._client.model.list()).models]

    async def _agents(self) -> list[tuple[str, str]]:
        return [(one.id, one.description or "") for one in (await self._client.agent.list()).agents]

    async def _sessions(self) -> list[tuple[str, str]]:
        found = (await self._client.session.list(limit=LISTED)).sessions
        return [(one.session_key, title_of(one)) for one in found]
