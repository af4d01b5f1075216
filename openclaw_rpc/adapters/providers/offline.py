"""The built-in offline agent as a provider: what answers where no model is configured. It needs no network."""

import re
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

import anyio.lowlevel
import msgspec

from openclaw_rpc.domain.offline.agent import OfflineAgent, OfflineInfo, Reply
from openclaw_rpc.domain.offline.texts import text_of
from openclaw_rpc.domain.ports import Chunk, OfferedModel, Prompt, ProviderFault, Relayed, ToolCallPart
from openclaw_rpc.protocol.chat import Usage

MODEL = "offline"
_WORDS = re.compile(r"\s*\S+\s*|\s+")


def local_now() -> datetime:
    """The time here, with its zone."""
    return datetime.now().astimezone()


class OfflineProvider:
    """Streams the offline agent's answers word by word; usage counts words.

    Args:
        info: what it may say about the gateway.
        name: what the configuration would call it.
        now: the time, with its zone.
    """

    def __init__(self, info: OfflineInfo, *, name: str = MODEL, now: Callable[[], datetime] = local_now) -> None:
        self.name = name
        self._agent = OfflineAgent(info, now)

    @property
    def default_model(self) -> str:
        """Its only model."""
        return MODEL

    def context_tokens(self, model: str) -> int:
        """Large: it looks at the last messages alone."""
        return 1_000_000

    def stream(self, prompt: Prompt) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.stream`."""
        return self._stream(prompt)

    @asynccontextmanager
    async def _stream(self, prompt: Prompt) -> AsyncGenerator[AsyncIterator[Sequence[Chunk]]]:
        reply = await self._agent.reply(prompt)
        chunks = self._chunks(prompt, reply)
        try:
            yield chunks
        finally:
            await chunks.aclose()

    async def _chunks(self, prompt: Prompt, reply: Reply) -> AsyncGenerator[Sequence[Chunk]]:
        words = 1
        if reply.tool is not None:
            arguments = msgspec.json.encode(reply.arguments).decode()
            call = ToolCallPart(index=0, id=f"call_{uuid.uuid4().hex[:24]}", name=reply.tool, arguments=arguments)
            yield [Chunk(tool_calls=[call])]
        else:
            pieces = _WORDS.findall(reply.text)
            words = len(pieces)
            for piece in pieces:
                yield [Chunk(text=piece)]
                await anyio.lowlevel.checkpoint()
        asked = sum(len(text_of(message.get("content")).split()) for message in prompt.messages)
        usage = Usage(prompt_tokens=asked, completion_tokens=words, total_tokens=asked + words)
        yield [Chunk(finish_reason="tool_calls" if reply.tool else "stop"), Chunk(usage=usage)]

    def relay(self, path: str, body: bytes) -> AbstractAsyncContextManager[Relayed]:
        """See `Provider.relay`. It has no server behind it to carry anything to.

        Raises:
            ProviderFault: always.
        """
        raise ProviderFault(
            "no model is configured: set `providers.primary` in gateway.yaml (the offline agent answers runs alone)",
            provider=self.name,
            fault="model",
        )

    async def models(self) -> list[OfferedModel]:
        """See `Provider.models`."""
        return [OfferedModel(id=MODEL, owned_by="openclaw")]

    async def aclose(self) -> None:
        """Nothing to close."""
