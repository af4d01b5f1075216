"""Finds a model's server on this machine: Ollama, LM Studio, llama.cpp and vLLM on their usual ports."""

import asyncio
from collections.abc import Sequence

import aiohttp
import msgspec

from openclaw_rpc.domain.models import ProviderSettings, ProviderType

MAX_BODY = 1 << 20
_NO_CHAT = ("embed", "rerank", "whisper", "bge-", "tts")


class Candidate(msgspec.Struct, frozen=True):
    """Who is looked for, and where: its name for people, its type, its port on 127.0.0.1."""

    title: str
    type: ProviderType
    port: int


class LocalServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that was found: its name for people, what it offers, and the settings to use it."""

    title: str
    models: list[str]
    settings: ProviderSettings


USUAL: Sequence[Candidate] = (
    Candidate("Ollama", "ollama", 11434),
    Candidate("LM Studio", "lmstudio", 1234),
    Candidate("llama.cpp", "llamacpp", 8080),
    Candidate("vLLM", "vllm", 8000),
)


class _Model(msgspec.Struct):
    id: str


class _LocalModels(msgspec.Struct):
    data: list[_Model]


async def find_local(candidates: Sequence[Candidate] = USUAL, *, timeout: float = 0.3) -> LocalServer | None:
    """The first of ``candidates`` that answers with a list of models within ``timeout`` s, all asked side by side.

    Anything else that happens to listen on such a port is passed over.
    """
    limit = aiohttp.ClientTimeout(total=timeout)
    async with aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session:
        found = await asyncio.gather(*(_ask(session, candidate) for candidate in candidates))
    return next((server for server in found if server is not None), None)


async def _ask(session: aiohttp.ClientSession, candidate: Candidate) -> LocalServer | None:
    base_url = f"http://127.0.0.1:{candidate.port}/v1"
    try:
        async with session.get(f"{base_url}/models", allow_redirects=False) as response:
            if response.status != 200:
                return None
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > MAX_BODY:
                    return None
        listed = msgspec.json.decode(bytes(body), type=_LocalModels)
    except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    models = [model.id for model in listed.data if 0 < len(model.id) <= 200]
    if not models:
        return None
    model = next((name for name in models if not any(word in name.lower() for word in _NO_CHAT)), models[0])
    settings = ProviderSettings(type=candidate.type, model=model, base_url=base_url)
    return LocalServer(title=candidate.title, models=models, settings=settings)
