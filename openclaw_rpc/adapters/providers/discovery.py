"""Finds a model's server on this machine, on the ports that are usual for them, and says whose it is."""

import asyncio
from collections.abc import Sequence
from typing import Final

import aiohttp
import msgspec

from openclaw_rpc.domain.models import ProviderSettings, ProviderType

MAX_BODY = 1 << 20
_NO_CHAT = ("embed", "rerank", "whisper", "bge-", "tts")
_GATEWAY = "openclaw"

PORTS: Sequence[int] = (11434, 1234, 8080, 8000)
"""Where Ollama, LM Studio, llama.cpp and vLLM listen by themselves; others do there, too."""

_OWNERS: Final[dict[str, tuple[str, ProviderType]]] = {
    "llamacpp": ("llama.cpp", "llamacpp"),
    "vllm": ("vLLM", "vllm"),
    "library": ("Ollama", "ollama"),
    "ollama": ("Ollama", "ollama"),
    "organization_owner": ("LM Studio", "lmstudio"),
    "sglang": ("SGLang", "openai-compatible"),
    "koboldcpp": ("KoboldCpp", "openai-compatible"),
}
"""Whom servers name as the owner of their models: their name for people, and their type."""
_GREETINGS: Final[dict[str, tuple[str, ProviderType]]] = {"Ollama is running": ("Ollama", "ollama")}
"""What servers say at `/`."""


class LocalServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that was found: its name for people, what it offers, and the settings to use it."""

    title: str
    models: list[str]
    settings: ProviderSettings


class _Model(msgspec.Struct):
    id: str
    owned_by: str | None = None


class _LocalModels(msgspec.Struct):
    data: list[_Model]


async def find_local(ports: Sequence[int] | None = None, *, timeout: float = 0.3) -> LocalServer | None:
    """The first server on ``ports`` of 127.0.0.1 (the usual ones) that lists models within ``timeout`` s.

    All are asked side by side. Anything else that happens to listen on such a port is passed over, a gateway like
    this one too.
    """
    limit = aiohttp.ClientTimeout(total=timeout)
    async with aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session:
        found = await asyncio.gather(*(_ask(session, port) for port in (PORTS if ports is None else ports)))
    return next((server for server in found if server is not None), None)


async def _ask(session: aiohttp.ClientSession, port: int) -> LocalServer | None:
    address = f"http://127.0.0.1:{port}"
    body = await _get(session, f"{address}/v1/models")
    try:
        listed = msgspec.json.decode(body, type=_LocalModels).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    models = [model.id for model in listed if 0 < len(model.id) <= 200]
    owners = [model.owned_by for model in listed if model.owned_by]
    if not models or _GATEWAY in owners:
        return None
    title, kind = next((_OWNERS[owner] for owner in owners if owner in _OWNERS), None) or await _greeted(
        session, address, port
    )
    model = next((name for name in models if not any(word in name.lower() for word in _NO_CHAT)), models[0])
    settings = ProviderSettings(type=kind, model=model, base_url=f"{address}/v1")
    return LocalServer(title=title, models=models, settings=settings)


async def _greeted(session: aiohttp.ClientSession, address: str, port: int) -> tuple[str, ProviderType]:
    """Whose server it is that names nobody in its list."""
    said = (await _get(session, f"{address}/"))[:200].decode(errors="replace")
    known = next((whose for greeting, whose in _GREETINGS.items() if greeting in said), None)
    return known or (f"the server at port {port}", "openai-compatible")


async def _get(session: aiohttp.ClientSession, url: str) -> bytes:
    """What is there; nothing where it is refused, too long or not HTTP."""
    try:
        async with session.get(url, allow_redirects=False) as response:
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > MAX_BODY:
                    return b""
            return bytes(body) if response.status == 200 else b""
    except (aiohttp.ClientError, OSError, TimeoutError):
        return b""
