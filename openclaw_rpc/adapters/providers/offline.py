"""The built-in offline agent as a provider: what answers where no model is configured. It needs no network."""

import re
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

import anyio.lowlevel
import msgspec

from openclaw_rpc.domain.chunks import Chunk, ToolCallPart
from openclaw_rpc.domain.models import OFFLINE
from openclaw_rpc.domain.offline.agent import OfflineAgent, OfflineInfo, OfflineReply
from openclaw_rpc.domain.offline.texts import text_of
from openclaw_rpc.domain.providers import Completed, OfferedModel, Prompt, ProviderFault, Waits
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Usage

CONTEXT_TOKENS = 1_000_000
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
        program: how the command line is typed on this machine.
    """

    def __init__(
        self,
        info: OfflineInfo,
        *,
        name: str = OFFLINE,
        now: Callable[[], datetime] = local_now,
        program: str = "openclaw",
    ) -> None:
        self.name = name
        self._agent = OfflineAgent(info, now, program)

    @property
    def default_model(self) -> str:
        """Its only model."""
        return OFFLINE

    def context_tokens(self, model: str) -> int:
        """Large: it looks at the last messages alone."""
        return CONTEXT_TOKENS

    async def find_context(self, model: str) -> int:
        """See `Provider.find_context`."""
        return CONTEXT_TOKENS

    def stream(
        self, prompt: Prompt, waits: Waits | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
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

    async def _chunks(self, prompt: Prompt, reply: OfflineReply) -> AsyncGenerator[Sequence[Chunk]]:
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

    def chat(
        self, body: bytes, *, carry: bool, counted: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.chat`."""
        return self._chat(body)

    @asynccontextmanager
    async def _chat(self, body: bytes) -> AsyncGenerator[AsyncIterator[Sequence[Chunk]]]:
        asked = msgspec.json.decode(body, type=_OfflineRequest)
        async with self._stream(Prompt(model=OFFLINE, messages=asked.messages)) as chunks:
            yield _with_payloads(chunks)

    async def complete(self, body: bytes) -> Completed:
        """See `Provider.complete`."""
        said, finish, usage = "", "stop", None
        async with self._chat(body) as chunks:
            async for batch in chunks:
                for chunk in batch:
                    said, usage = said + chunk.text, chunk.usage or usage
                    finish = chunk.finish_reason or finish
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": finish}
        told = {**_head("chat.completion"), "choices": [choice], "usage": _usage(usage) if usage is not None else None}
        return Completed(body=msgspec.json.encode(told), usage=usage)

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        """See `Provider.embed`. It has none.

        Raises:
            ProviderFault: always.
        """
        raise ProviderFault(
            "no model is configured: set `providers.primary` in gateway.yaml", provider=self.name, fault="model"
        )

    async def models(self) -> list[OfferedModel]:
        """See `Provider.models`."""
        return [OfferedModel(id=OFFLINE, owned_by="openclaw")]

    async def aclose(self) -> None:
        """Nothing to close."""


class _OfflineRequest(msgspec.Struct):
    messages: list[JsonObject]
    stream: bool | None = None


def _head(kind: str) -> JsonObject:
    return {"id": f"chatcmpl-{uuid.uuid4().hex[:24]}", "object": kind, "created": int(time.time()), "model": OFFLINE}


def _usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


async def _with_payloads(chunks: AsyncIterator[Sequence[Chunk]]) -> AsyncGenerator[Sequence[Chunk]]:
    """An answer with the chunks of Chat Completions that say the same."""
    head = _head("chat.completion.chunk")

    def chunk_of(*choices: JsonObject, **more: object) -> bytes:
        return msgspec.json.encode({**head, "choices": choices, **more})

    first: JsonObject = {"role": "assistant"}
    async for batch in chunks:
        for chunk in batch:
            if chunk.text or chunk.finish_reason is not None:
                delta = first | ({"content": chunk.text} if chunk.text else {})
                chunk.payloads.append(chunk_of({"index": 0, "delta": delta, "finish_reason": chunk.finish_reason}))
                first = {}
            if chunk.usage is not None:
                chunk.payloads.append(chunk_of(usage=_usage(chunk.usage)))
        yield batch
