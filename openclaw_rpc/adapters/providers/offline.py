"""The built-in offline agent as a provider: what answers where no model is configured. It needs no network."""

import re
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

import anyio.lowlevel
import msgspec

from openclaw_rpc.domain.offline.agent import OfflineAgent, OfflineInfo, Reply
from openclaw_rpc.domain.offline.texts import text_of
from openclaw_rpc.domain.ports import Chunk, OfferedModel, Prompt, ProviderFault, Relayed, ToolCallPart
from openclaw_rpc.protocol.base import JsonObject
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
        """See `Provider.relay`. Completions are its own answers; it knows nothing else.

        Raises:
            ProviderFault: something else was asked for.
        """
        if path != "/chat/completions":
            raise ProviderFault(
                "no model is configured: set `providers.primary` in gateway.yaml", provider=self.name, fault="model"
            )
        return self._relay(body)

    @asynccontextmanager
    async def _relay(self, body: bytes) -> AsyncGenerator[Relayed]:
        asked = msgspec.json.decode(body, type=_Asked)
        prompt = Prompt(model=MODEL, messages=asked.messages)
        async with self._stream(prompt) as chunks:
            if asked.stream:
                headers = {"content-type": "text/event-stream"}
                yield Relayed(status=200, headers=headers, pieces=_events(chunks))
            else:
                headers = {"content-type": "application/json"}
                yield Relayed(status=200, headers=headers, pieces=_document(chunks))

    async def models(self) -> list[OfferedModel]:
        """See `Provider.models`."""
        return [OfferedModel(id=MODEL, owned_by="openclaw")]

    async def aclose(self) -> None:
        """Nothing to close."""


class _Asked(msgspec.Struct):
    messages: list[JsonObject]
    stream: bool | None = None


def _head(kind: str) -> JsonObject:
    return {"id": f"chatcmpl-{uuid.uuid4().hex[:24]}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


async def _events(chunks: AsyncIterator[Sequence[Chunk]]) -> AsyncGenerator[bytes]:
    """An answer as the events of Chat Completions."""
    head = _head("chat.completion.chunk")

    def event(*choices: JsonObject, **more: object) -> bytes:
        return b"data: " + msgspec.json.encode({**head, "choices": choices, **more}) + b"\n\n"

    yield event({"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None})
    async for batch in chunks:
        for chunk in batch:
            if chunk.text:
                yield event({"index": 0, "delta": {"content": chunk.text}, "finish_reason": None})
            if chunk.finish_reason is not None:
                yield event({"index": 0, "delta": {}, "finish_reason": chunk.finish_reason})
            if chunk.usage is not None:
                yield event(usage=_usage(chunk.usage))
    yield b"data: [DONE]\n\n"


async def _document(chunks: AsyncIterator[Sequence[Chunk]]) -> AsyncGenerator[bytes]:
    """An answer as one document of Chat Completions."""
    said, usage = "", Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
    async for batch in chunks:
        said += "".join(chunk.text for chunk in batch)
        usage = next((chunk.usage for chunk in batch if chunk.usage is not None), usage)
    message = {"role": "assistant", "content": said}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    yield msgspec.json.encode({**_head("chat.completion"), "choices": choices, "usage": _usage(usage)})
