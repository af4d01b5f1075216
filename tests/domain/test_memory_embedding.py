"""Vectors from a provider's model: asked over real HTTP, whatever the server makes of it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from openclaw_rpc.adapters.providers.offline import OfflineProvider
from openclaw_rpc.adapters.providers.openai_compatible import OpenAIProvider
from openclaw_rpc.domain.memory.embedding import ModelEmbedder, embedding_model
from openclaw_rpc.domain.memory.meaning import BATCH, Meanings
from openclaw_rpc.domain.memory.settings import MemorySettings
from openclaw_rpc.domain.models import Models, ProviderSettings
from openclaw_rpc.domain.providers import ProviderFault
from tests.support.clock import ManualClock
from tests.support.logs import ListLog
from tests.support.memory import Topics, memory
from tests.support.obedient import Obedient, obedient_model
from tests.support.tools import ledger, unlimited
from tests.support.volatile.memories import VolatileMemoryStore

DOG, CAR = [1.0, 0.0], [0.0, 1.0]


@pytest.fixture
async def server() -> AsyncGenerator[Obedient]:
    async with obedient_model() as model:
        model.topics = (("dog", "puppy"), ("car",))
        yield model


@asynccontextmanager
async def embedder(
    server: Obedient, named: Callable[[], str | None] = lambda: "vectors-1", **more: Any
) -> AsyncGenerator[ModelEmbedder]:
    one = ProviderSettings(type="openai-compatible", model="chat-1", base_url=server.url, max_retries=0, **more)
    models = Models({"primary": OpenAIProvider("primary", one)}, {"primary": one})
    try:
        yield ModelEmbedder(named, unlimited(models, ManualClock()), ledger())
    finally:
        await models.aclose()


async def test_each_text_gets_its_own_vector_whatever_the_order_of_the_answer(server: Obedient) -> None:
    async with embedder(server) as embed:
        assert await embed.embed(["a dog", "a car", "a puppy"], "owner") == [DOG, CAR, DOG]
        assert embed.model == "primary/vectors-1"
    assert server.embedded == [{"model": "vectors-1", "input": ["a dog", "a car", "a puppy"]}]


async def test_no_texts_ask_nobody(server: Obedient) -> None:
    async with embedder(server) as embed:
        assert await embed.embed([], "owner") == []
    assert server.embedded == []


async def test_an_empty_text_is_asked_for_as_a_space(server: Obedient) -> None:
    async with embedder(server) as embed:
        await embed.embed([""], "owner")
    assert server.embedded[0]["input"] == [" "]


async def test_where_a_server_takes_fewer_texts_at_a_time_they_go_in_parts(server: Obedient) -> None:
    server.most_inputs = 10
    async with embedder(server) as embed:
        texts = [f"a {'dog' if at % 3 else 'car'} {at}" for at in range(64)]
        assert await embed.embed(texts, "owner") == [DOG if at % 3 else CAR for at in range(64)]


async def test_a_text_that_is_too_long_is_embedded_by_its_beginning_and_holds_up_no_other(server: Obedient) -> None:
    server.longest_input = 3000
    async with embedder(server) as embed:
        assert await embed.embed(["a car", "dog " * 2000, "a puppy"], "owner") == [CAR, DOG, DOG]


async def test_a_server_that_refuses_everything_is_not_asked_for_ever(server: Obedient) -> None:
    server.embedding_status = 400
    async with embedder(server) as embed:
        with pytest.raises(ProviderFault):
            await embed.embed(["x" * 8000] * 64, "owner")
    assert len(server.embedded) < 20


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_server_that_fails_is_a_fault_and_asked_once(server: Obedient, status: int) -> None:
    server.embedding_status = status
    async with embedder(server) as embed:
        with pytest.raises(ProviderFault):
            await embed.embed(["a dog", "a car"], "owner")
    assert len(server.embedded) == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"data": []},
        {"data": [{"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 5, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
        {"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]},
        {"data": [{"index": 0, "embedding": ["a"]}, {"index": 1, "embedding": ["b"]}]},
        {"data": [{"index": 0, "embedding": "AAAA"}, {"index": 1, "embedding": "AAAA"}]},
    ],
)
async def test_what_are_no_vectors_is_a_fault_that_says_where_to_look(server: Obedient, body: Any) -> None:
    server.embedding_body = body
    async with embedder(server) as embed:
        with pytest.raises(ProviderFault, match=r"^primary ") as caught:
            await embed.embed(["a dog", "a car"], "owner")
    assert "memory.embedding_model" in caught.value.message


async def test_vectors_without_an_index_are_in_the_order_of_the_texts(server: Obedient) -> None:
    server.embedding_body = {"data": [{"embedding": DOG}, {"embedding": CAR}]}
    async with embedder(server) as embed:
        assert await embed.embed(["a dog", "a car"], "owner") == [DOG, CAR]


async def test_the_model_may_be_another_providers_and_change(server: Obedient) -> None:
    names = ["vectors-1"]
    other = ProviderSettings(type="openai-compatible", model="chat-2", base_url=server.url, max_retries=0)
    models = Models(
        {"primary": OpenAIProvider("primary", other), "own": OpenAIProvider("own", other)},
        {"primary": other, "own": other},
    )
    try:
        embed = ModelEmbedder(lambda: names[-1], unlimited(models, ManualClock()), ledger())
        assert embed.model == "primary/vectors-1"
        names.append("own/vectors-2")
        assert embed.model == "own/vectors-2"
        await embed.embed(["a dog"], "owner")
    finally:
        await models.aclose()
    assert server.embedded[-1]["model"] == "vectors-2"


async def test_without_any_model_there_are_no_vectors() -> None:
    class Nothing:
        async def status(self, user: str) -> dict[str, Any]:
            return {}

        async def sessions(self, user: str) -> list[Any]:
            return []

    models = Models({"offline": OfflineProvider(Nothing())}, {})
    embed = ModelEmbedder(lambda: None, unlimited(models, ManualClock()), ledger())
    with pytest.raises(ProviderFault):
        await embed.embed(["a dog"], "owner")


async def test_a_user_whose_budget_is_used_up_holds_up_no_other() -> None:
    topics, store, log = Topics(["dinner"]), VolatileMemoryStore(), ListLog()
    topics.spent.add("ann")
    await store.put(memory("diet", "vegetarian"), ["vegetarian"])
    for number in range(BATCH + 1):
        await store.put(memory(f"note {number}", "dinner", user="ann"), ["dinner"])
    await Meanings(store, topics, log).catch_up()
    waiting = await store.unembedded(topics.model, 2 * BATCH)
    assert {item.memory.user for item in waiting} == {"ann"} and len(waiting) == BATCH + 1
    assert [line[1] for line in log.lines] == ["memories are not embedded for now"]


def provider(kind: Any, **more: Any) -> ProviderSettings:
    return ProviderSettings(type=kind, model="m", **more)


@pytest.mark.parametrize(
    ("memory", "providers", "model"),
    [
        ({}, {"primary": provider("openai")}, None),
        ({"embeddings": True}, {}, None),
        ({"embeddings": True}, {"primary": provider("anthropic")}, None),
        ({"embeddings": True}, {"primary": provider("openai")}, "primary/text-embedding-3-small"),
        ({"embeddings": True}, {"home": provider("ollama")}, "home/nomic-embed-text"),
        ({"embeddings": True}, {"other": provider("ollama"), "primary": provider("anthropic")}, None),
        ({"embeddings": True, "embedding_model": "v"}, {"primary": provider("openai")}, "v"),
        ({"embeddings": False, "embedding_model": "v"}, {"primary": provider("openai")}, None),
    ],
)
def test_which_model_embeds(memory: dict[str, Any], providers: dict[str, ProviderSettings], model: str | None) -> None:
    assert embedding_model(MemorySettings(**memory), providers) == model
