"""Which provider answers for which model, what it costs, what is listed, and how providers are exchanged."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.models import Models, Price, ProviderSettings
from openclaw_rpc.domain.providers import OfferedModel, Prompt, ProviderFault
from openclaw_rpc.protocol.chat import Usage


class Fixed:
    """A provider with fixed models, or with a fault."""

    def __init__(self, name: str, models: Sequence[str], *, fault: str | None = None, hang: bool = False) -> None:
        self.name = name
        self.offered = list(models)
        self.fault = fault
        self.hang = hang
        self.closed = 0
        self.asked = 0

    @property
    def default_model(self) -> str:
        return self.offered[0]

    def context_tokens(self, model: str) -> int:
        return 1000 + len(model)

    async def find_context(self, model: str) -> int:
        return 1000 + len(model)

    def stream(self, prompt: Prompt, waits: Any = None) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        return self._stream(prompt)

    @asynccontextmanager
    async def _stream(self, prompt: Prompt) -> AsyncGenerator[AsyncIterator[Sequence[Chunk]]]:
        async def chunks() -> AsyncGenerator[Sequence[Chunk]]:
            yield [Chunk(text=prompt.model)]

        yield chunks()

    def chat(self, body: bytes, *, carry: bool, counted: bool) -> AbstractAsyncContextManager[Any]:
        raise ProviderFault("no", provider=self.name, fault="server")

    async def complete(self, body: bytes) -> Any:
        raise ProviderFault("no", provider=self.name, fault="server")

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        raise ProviderFault("no", provider=self.name, fault="server")

    async def models(self) -> list[OfferedModel]:
        self.asked += 1
        if self.hang:
            await anyio.sleep_forever()
        if self.fault:
            raise ProviderFault(self.fault, provider=self.name, fault="refused")
        return [OfferedModel(id=model, owned_by=self.name, created=7) for model in self.offered]

    async def aclose(self) -> None:
        self.closed += 1


def settings(model: str = "m", **changes: Any) -> ProviderSettings:
    return ProviderSettings(type="ollama", model=model, **changes)


def router(**fallbacks: list[str]) -> Models:
    names = {"primary": ["big", "small"], "local": ["llama"], "other": ["x"]}
    return Models(
        {name: Fixed(name, models) for name, models in names.items()},
        {name: settings(names[name][0], fallback=fallbacks.get(name, [])) for name in names},
    )


RESOLVED = [
    (None, "primary", "big"),
    ("", "primary", "big"),
    ("local/qwen", "local", "qwen"),
    ("local/org/model:7b", "local", "org/model:7b"),
    ("local/", "local", "llama"),
    ("llama", "local", "llama"),
    ("big", "primary", "big"),
    ("nobody-has-it", "primary", "nobody-has-it"),
    ("anthropic/claude-3-5-sonnet", "primary", "anthropic/claude-3-5-sonnet"),
    ("Local/qwen", "primary", "Local/qwen"),
]


@pytest.mark.parametrize(("model", "name", "sent"), RESOLVED)
def test_a_model_picks_its_provider(model: str | None, name: str, sent: str) -> None:
    choice = router().resolve(model)[0]
    assert (choice.name, choice.model) == (name, sent)


def test_fallbacks_come_in_their_order_each_with_its_own_model() -> None:
    choices = router(primary=["other", "missing", "primary", "local", "other"]).resolve("small")
    assert [(choice.name, choice.model) for choice in choices] == [
        ("primary", "small"),
        ("other", "x"),
        ("local", "llama"),
    ]


def test_the_fallbacks_are_those_of_the_provider_that_was_named() -> None:
    choices = router(primary=["other"], local=["primary"]).resolve("local/qwen")
    assert [(choice.name, choice.model) for choice in choices] == [("local", "qwen"), ("primary", "big")]


def test_the_first_provider_is_the_primary_where_none_is_called_so() -> None:
    models = Models({"b": Fixed("b", ["one"]), "a": Fixed("a", ["two"])}, {})
    assert models.resolve(None)[0].name == "b"


def test_a_model_goes_by_the_name_that_the_list_has_for_it() -> None:
    models = router(primary=["other"])
    assert [choice.shown for choice in models.resolve("primary/big")] == ["big", "other/x"]
    assert models.resolve("local/qwen")[0].shown == "local/qwen"


def test_cached_and_reasoning_tokens_have_prices_of_their_own() -> None:
    usage = Usage(
        prompt_tokens=1_000_000,
        completion_tokens=100_000,
        total_tokens=1_100_000,
        cached_tokens=800_000,
        reasoning_tokens=60_000,
    )
    assert Price(input=2, output=10).of(usage) == pytest.approx(2 + 1)
    assert Price(input=2, output=10, cached_input=0.5).of(usage) == pytest.approx(0.4 + 0.4 + 1)
    assert Price(input=2, output=10, reasoning_output=5).of(usage) == pytest.approx(2 + 0.4 + 0.3)
    assert Price(input=2, output=10, cached_input=0).of(usage) == pytest.approx(0.4 + 1)


def test_costs_follow_the_prices_of_the_model() -> None:
    prices = {"big": Price(input=2, output=10)}
    models = Models({"primary": Fixed("primary", ["big"])}, {"primary": settings("big", prices=prices)})
    usage = Usage(prompt_tokens=500_000, completion_tokens=100_000, total_tokens=600_000)
    assert models.cost("primary", "big", usage) == pytest.approx(2.0)
    assert models.cost("primary", "small", usage) is None
    assert models.cost("gone", "big", usage) is None


async def test_every_providers_models_are_listed_the_default_first() -> None:
    listed = await router().list()
    assert [(info.id, info.provider, info.default) for info in listed] == [
        ("big", "primary", True),
        ("small", "primary", False),
        ("local/llama", "local", False),
        ("other/x", "other", False),
    ]


async def test_a_model_that_was_listed_picks_its_provider() -> None:
    models = Models({"primary": Fixed("primary", ["big"]), "local": Fixed("local", ["llama", "qwen"])}, {})
    assert models.resolve("qwen")[0].name == "primary"
    await models.list()
    assert models.resolve("qwen")[0].name == "local"


async def test_providers_that_fail_or_hang_are_listed_with_their_error() -> None:
    models = Models(
        {
            "primary": Fixed("primary", ["big"]),
            "down": Fixed("down", ["one"], fault="down could not be reached"),
            "slow": Fixed("slow", ["two"], hang=True),
        },
        {},
        list_timeout=0.05,
    )
    with anyio.fail_after(5):
        listed = await models.list()
    assert [(info.id, info.error) for info in listed] == [
        ("big", None),
        ("down/one", "down could not be reached"),
        ("slow/two", "slow: did not list its models within 0.05 s"),
    ]


async def test_the_list_is_kept_for_a_minute() -> None:
    now = 0.0
    provider = Fixed("primary", ["big"])
    models = Models({"primary": provider}, {}, clock=lambda: now)
    await models.list()
    now = 59
    await models.list()
    assert provider.asked == 1
    now = 61
    await models.list()
    assert provider.asked == 2


async def test_a_replaced_provider_is_closed_once_its_last_stream_has_ended() -> None:
    old, kept, new = Fixed("primary", ["old"]), Fixed("local", ["llama"]), Fixed("primary", ["new"])
    models = Models({"primary": old, "local": kept}, {})
    choice = models.resolve(None)[0]
    async with choice.provider.stream(Prompt(model="old", messages=[])) as answer:
        await models.replace({"primary": new, "local": kept}, {})
        assert models.resolve(None)[0].model == "new"
        assert old.closed == 0
        assert [chunk.text async for chunks in answer for chunk in chunks] == ["old"]
    assert (old.closed, kept.closed) == (1, 0)


async def test_an_idle_provider_is_closed_when_it_is_replaced() -> None:
    old = Fixed("primary", ["old"])
    models = Models({"primary": old}, {})
    await models.replace({"primary": Fixed("primary", ["new"])}, {})
    assert old.closed == 1


async def test_closing_closes_all() -> None:
    providers = {"primary": Fixed("primary", ["a"]), "local": Fixed("local", ["b"])}
    await Models(providers, {}).aclose()
    assert [provider.closed for provider in providers.values()] == [1, 1]


def test_a_known_type_needs_no_address() -> None:
    assert settings().address == "http://127.0.0.1:11434/v1"
    assert settings(base_url="http://10.0.0.1/v1").address == "http://10.0.0.1/v1"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "openai-compatible", "model": "m"}, "base_url"),
        ({"type": "openai", "model": "m", "base_url": "ftp://x"}, "base_url"),
        ({"type": "openai", "model": "m", "base_url": "http://x:99999/v1"}, "base_url"),
        ({"type": "openai", "model": "m", "base_url": "http:///v1"}, "base_url"),
        ({"type": "nobody", "model": "m"}, "type"),
        ({"type": "openai", "model": ""}, "model"),
        ({"type": "openai", "model": "m", "max_retries": -1}, "max_retries"),
        ({"type": "openai", "model": "m", "idle_timeout_seconds": 0}, "idle_timeout_seconds"),
        ({"type": "openai", "model": "m", "prices": {"m": {"input": -1, "output": 1}}}, "prices"),
        ({"type": "openai", "model": "m", "no_such": 1}, "no_such"),
    ],
)
def test_wrong_settings_name_the_field(given: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(given, ProviderSettings)
