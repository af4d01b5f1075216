"""Which provider answers a request for a model, what it costs, and what all of them offer."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import anyio
import msgspec
from msgspec import Meta

from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.providers import Completed, OfferedModel, Prompt, Provider, ProviderFault, Waits
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.model import ModelInfo

T = TypeVar("T")

PRIMARY = "primary"
OFFLINE = "offline"
"""The provider's name, and the model's, where nothing is configured."""

ProviderType = Literal[
    "openai",
    "anthropic",
    "ollama",
    "lmstudio",
    "llamacpp",
    "vllm",
    "openrouter",
    "gemini",
    "mistral",
    "groq",
    "deepseek",
    "xai",
    "together",
    "moonshot",
    "qwen",
    "zhipu",
    "openai-compatible",
]

ADDRESSES: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
    "llamacpp": "http://127.0.0.1:8080/v1",
    "vllm": "http://127.0.0.1:8000/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "mistral": "https://api.mistral.ai/v1",
    "groq": "https://api.groq.com/openai/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "xai": "https://api.x.ai/v1",
    "together": "https://api.together.xyz/v1",
    "moonshot": "https://api.moonshot.cn/v1",
    "qwen": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "zhipu": "https://open.bigmodel.cn/api/paas/v4",
}
"""Where the types answer unless ``base_url`` says otherwise: each provider's OpenAI-compatible address."""

Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a million tokens cost, in the currency of your choice."""

    input: Annotated[float, Meta(ge=0, description="A million tokens that the model reads.")]
    output: Annotated[float, Meta(ge=0, description="A million tokens that it writes.")]
    cached_input: Annotated[float, Meta(ge=0, description="Those of its cache; else as `input`.")] | None = None
    reasoning_output: Annotated[float, Meta(ge=0, description="Those of its thoughts; else as `output`.")] | None = None

    def of(self, usage: Usage) -> float:
        """What ``usage`` costs."""
        cached, thought = self.cached_input, self.reasoning_output
        of_cache = min(usage.cached_tokens, usage.prompt_tokens)
        of_thought = min(usage.reasoning_tokens, usage.completion_tokens)
        return (
            (usage.prompt_tokens - of_cache) * self.input
            + of_cache * (self.input if cached is None else cached)
            + (usage.completion_tokens - of_thought) * self.output
            + of_thought * (self.output if thought is None else thought)
        ) / 1_000_000


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of ``providers`` in `gateway.yaml`: a server of models, how to reach it, and how patiently."""

    type: Annotated[ProviderType, Meta(description="What the server speaks, and where it is.")]
    model: Annotated[
        str, Meta(min_length=1, max_length=200, description="The model that is asked where a request names none.")
    ]
    api_key: Annotated[str, Meta(max_length=10_000, description="The server's key.")] | None = None
    base_url: (
        Annotated[
            str, Meta(max_length=2_000, description="Its address, such as http://127.0.0.1:11434/v1; else the type's.")
        ]
        | None
    ) = None
    fallback: Annotated[
        list[str], Meta(description="Providers that are asked in order where this one fails before its first token.")
    ] = []
    connect_timeout_seconds: Annotated[Seconds, Meta(description="How long connecting may take.")] = 10
    first_token_timeout_seconds: Annotated[
        Seconds, Meta(description="How long from asking to the first token, retries included.")
    ] = 120
    idle_timeout_seconds: Annotated[Seconds, Meta(description="How long a stream may be silent.")] = 60
    request_timeout_seconds: Annotated[
        Seconds, Meta(description="How long an answer that is not streamed may take.")
    ] = 300
    max_retries: Annotated[int, Meta(ge=0, le=10, description="How often a request that failed is made again.")] = 2
    context_tokens: (
        Annotated[
            int,
            Meta(
                ge=256,
                le=100_000_000,
                description="What a request may hold, its answer included; else what the server says.",
            ),
        ]
        | None
    ) = None
    think_tags: Annotated[
        bool, Meta(description="Whether `<think>` at the beginning of an answer is shown as reasoning.")
    ] = True
    pictures: (
        Annotated[bool, Meta(description="Whether its models are shown pictures; else until one refuses them.")] | None
    ) = None
    transcribe: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=200,
                description="The model that writes down voice messages of channels, such as `whisper-1`.",
            ),
        ]
        | None
    ) = None
    headers: Annotated[dict[str, str], Meta(description="More headers for every request.")] = {}
    prices: Annotated[dict[str, Price], Meta(description="What tokens cost, by model.")] = {}

    def __post_init__(self) -> None:
        if self.base_url is None:
            if self.type not in ADDRESSES:
                raise ValueError(f"`base_url` is needed with type {self.type}")
            return
        try:
            parts = urlsplit(self.base_url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("`base_url` must be an http or https address, such as http://127.0.0.1:11434/v1")

    @property
    def address(self) -> str:
        """The base URL in force."""
        return self.base_url or ADDRESSES[self.type]


class ChosenModel(msgspec.Struct, frozen=True, kw_only=True):
    """A provider, its name, and the model that it is to be asked for.

    ``shown`` is the model's name for people, as `model.list` has it: `name/model` but for the primary's.
    """

    provider: Provider
    name: str
    model: str
    shown: str

    @property
    def offline(self) -> bool:
        """Whether that is the built-in agent, which is no model."""
        return self.name == OFFLINE and self.model == OFFLINE


class CountedProvider:
    """A provider that counts what is under way, so that it is closed only when nobody uses it any more."""

    def __init__(self, name: str, inner: Provider) -> None:
        self.name = name
        self.inner = inner
        self._busy = 0
        self._retired = False

    @property
    def default_model(self) -> str:
        """The model that is asked where a request names none."""
        return self.inner.default_model

    def context_tokens(self, model: str) -> int | None:
        """See `Provider.context_tokens`."""
        return self.inner.context_tokens(model)

    async def find_context(self, model: str) -> int:
        """See `Provider.find_context`."""
        return await self._counted(self.inner.find_context(model))

    def enter(self) -> None:
        """Somebody begins to use it."""
        self._busy += 1

    def leave(self) -> bool:
        """They have ended; whether they are the last ones out of a provider that was retired, and have to close it."""
        self._busy -= 1
        return self._retired and not self._busy

    def stream(
        self, prompt: Prompt, waits: Waits | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.stream`."""
        return _Use(self, self.inner.stream(prompt, waits))

    def chat(
        self, body: bytes, *, carry: bool, counted: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.chat`."""
        return _Use(self, self.inner.chat(body, carry=carry, counted=counted))

    async def complete(self, body: bytes) -> Completed:
        """See `Provider.complete`."""
        return await self._counted(self.inner.complete(body))

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        """See `Provider.embed`."""
        return await self._counted(self.inner.embed(body, retried=retried))

    async def models(self) -> list[OfferedModel]:
        """See `Provider.models`."""
        return await self._counted(self.inner.models())

    async def _counted(self, answer: Coroutine[Any, Any, T]) -> T:
        self.enter()
        try:
            return await answer
        finally:
            if self.leave():
                await self.close()

    async def retire(self) -> None:
        """Close it now, or as soon as its last stream has ended."""
        self._retired = True
        if not self._busy:
            await self.inner.aclose()

    async def close(self) -> None:
        """Close it to the end, whoever is cancelled."""
        with anyio.CancelScope(shield=True):
            await self.inner.aclose()

    async def aclose(self) -> None:
        """Close it now, whatever is under way."""
        self._retired = True
        await self.inner.aclose()


class _Use(Generic[T]):
    """An answer of a provider, counted while it is under way."""

    def __init__(self, held: CountedProvider, answer: AbstractAsyncContextManager[T]) -> None:
        self._held = held
        self._answer = answer

    async def __aenter__(self) -> T:
        self._held.enter()
        try:
            return await self._answer.__aenter__()
        except BaseException:
            if self._held.leave():
                await self._held.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            return await self._answer.__aexit__(kind, error, trace)
        finally:
            if self._held.leave():
                await self._held.close()


class Models:
    """The configured providers by name; the one called ``primary``, else the first, answers by default."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        settings: Mapping[str, ProviderSettings],
        *,
        look: Callable[[], Awaitable[None]] | None = None,
        list_seconds: float = 60,
        list_timeout: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._held = _hold(providers, {})
        self._settings = dict(settings)
        self._look = look
        self._list_seconds = list_seconds
        self._list_timeout = list_timeout
        self._clock = clock
        self._listed: tuple[float, list[ModelInfo]] | None = None
        self._listing = anyio.Lock()

    @property
    def primary(self) -> Provider:
        """The provider that answers where nothing else is said."""
        return self._held[self._primary_name]

    @property
    def _primary_name(self) -> str:
        return PRIMARY if PRIMARY in self._held else next(iter(self._held))

    async def settle(self) -> None:
        """Where nothing but the offline agent is there: have a server looked for, before it answers."""
        if self._look is not None and OFFLINE in self._held and not self._settings:
            await self._look()

    def resolve(self, model: str | None) -> list[ChosenModel]:
        """Who is to be asked for ``model``, in order: the provider it names, or the primary; then its fallbacks.

        ``name/model`` picks the provider of that name; a model that a provider was configured with, or listed,
        picks that one; anything else goes to the primary as it is. Fallbacks answer with their own model.
        """
        first = self._choice(*self._first(model))
        choices = [first]
        settings = self._settings.get(first.name)
        for name in settings.fallback if settings else ():
            held = self._held.get(name)
            if held is not None and all(choice.name != name for choice in choices):
                choices.append(self._choice(name, held.default_model))
        return choices

    def _choice(self, name: str, model: str) -> ChosenModel:
        shown = model if name == self._primary_name else f"{name}/{model}"
        return ChosenModel(provider=self._held[name], name=name, model=model, shown=shown)

    def _first(self, model: str | None) -> tuple[str, str]:
        """The name of the provider that is to be asked first, and for which model."""
        primary = self._primary_name
        if not model:
            return primary, self._held[primary].default_model
        name, slash, rest = model.partition("/")
        if slash and name in self._held:
            return name, rest or self._held[name].default_model
        offering = primary if model in self._offered(primary) else None
        if offering is None:
            offering = next((name for name in self._held if model in self._offered(name)), primary)
        return offering, model

    def _offered(self, name: str) -> set[str]:
        offered = {self._held[name].default_model}
        if self._listed is not None:
            prefix = "" if name == self._primary_name else f"{name}/"
            offered |= {info.id.removeprefix(prefix) for info in self._listed[1] if info.provider == name}
        return offered

    def has(self, provider: str) -> bool:
        """Whether there is a provider of that name."""
        return provider in self._held

    def knows(self, model: str, chosen: Container[str] = ()) -> bool:
        """Whether a model is named in the configuration: a provider's own, one with a price, or one of ``chosen``."""
        if any(model == held.default_model for held in self._held.values()):
            return True
        if any(model in settings.prices for settings in self._settings.values()):
            return True
        return model in chosen or any(f"{name}/{model}" in chosen for name in self._held)

    def cost(self, provider: str, model: str, usage: Usage) -> float | None:
        """What ``usage`` costs by the provider's ``prices``; None where it has none for that model."""
        settings = self._settings.get(provider)
        price = settings.prices.get(model) if settings else None
        return None if price is None else price.of(usage)

    def settings_of(self, provider: str) -> ProviderSettings | None:
        """How a provider was configured, where it was."""
        return self._settings.get(provider)

    def priced(self, provider: str, model: str) -> bool:
        """Whether the configuration says what that model costs."""
        settings = self._settings.get(provider)
        return settings is not None and model in settings.prices

    async def _ask(self, name: str, held: CountedProvider) -> list[ModelInfo]:
        primary = name == self._primary_name
        prefix = "" if primary else f"{name}/"
        error: str | None = None
        offered: list[OfferedModel] = []
        try:
            with anyio.fail_after(self._list_timeout):
                offered = await held.models()
        except ProviderFault as fault:
            error = fault.message
        except TimeoutError:
            error = f"{name}: did not list its models within {self._list_timeout:g} s"
        configured = held.default_model
        if all(model.id != configured for model in offered):
            offered.insert(0, OfferedModel(id=configured, owned_by=name))
        return [
            ModelInfo(
                id=prefix + model.id,
                provider=name,
                owned_by=model.owned_by,
                created=model.created,
                default=primary and model.id == configured,
                error=error,
            )
            for model in offered
        ]

    async def replace(self, providers: Mapping[str, Provider], settings: Mapping[str, ProviderSettings]) -> None:
        """Take other providers from now on. Those that are gone are closed once their last stream has ended."""
        before = self._held
        self._held = _hold(providers, before)
        self._settings = dict(settings)
        self._listed = None
        kept = {id(held) for held in self._held.values()}
        for held in before.values():
            if id(held) not in kept:
                await held.retire()

    async def aclose(self) -> None:
        """Close every provider's connections; streams that are under way are cut."""
        for held in self._held.values():
            await held.aclose()

    async def list(self) -> list[ModelInfo]:
        """What every provider offers, the primary's configured model first, others as ``name/model``.

        All are asked side by side; one that does not answer is listed with its configured model and the error.
        The answer is kept for a minute.
        """
        async with self._listing:
            if self._listed is not None and self._clock() - self._listed[0] < self._list_seconds:
                return list(self._listed[1])
            held = self._held
            found: dict[str, list[ModelInfo]] = {}

            async def ask(name: str) -> None:
                found[name] = await self._ask(name, held[name])

            async with anyio.create_task_group() as group:
                for name in held:
                    group.start_soon(ask, name)
            primary = self._primary_name
            names = sorted(held, key=lambda name: name != primary)
            infos = [info for name in names for info in found[name]]
            infos.sort(key=lambda info: not info.default)
            if held is self._held:
                self._listed = (self._clock(), infos)
            return list(infos)


def _hold(providers: Mapping[str, Provider], before: Mapping[str, CountedProvider]) -> dict[str, CountedProvider]:
    if not providers:
        raise ValueError("there must be a provider, if only the offline one")
    kept = {id(held.inner): held for held in before.values()}
    return {name: kept.get(id(provider)) or CountedProvider(name, provider) for name, provider in providers.items()}
