"""What agents remember from one session to another, through a whole gateway."""

from collections.abc import AsyncGenerator

import anyio
import pytest

from tests.support.agent import World, key, world
from tests.support.gateway import gateway, settings
from tests.support.obedient import call

AGENTS = {"forgetful": {"memory": False}}
TOPICS = (("dog", "puppy", "canine"), ("car", "vehicle"), ("tea", "drink"))


@pytest.fixture
async def agent() -> AsyncGenerator[World]:
    async with world(agents=AGENTS) as made:
        yield made


async def remembered(agent: World, word: str) -> None:
    """Return once something with that word is remembered: conversations are, soon after they ended."""
    with anyio.fail_after(5):
        while not (await agent.client.result("memory.search", query=word))["results"]:
            await anyio.lowlevel.checkpoint()


async def test_what_was_said_in_one_session_is_recalled_in_another(agent: World) -> None:
    first = key()
    await agent.run("My dog is called Zebulon.", sessionKey=first)
    assert "Zebulon" not in agent.model.system()
    await remembered(agent, "Zebulon")
    await agent.run("What is my dog called?")
    assert "Zebulon" in agent.model.system()
    await agent.run("How is the weather?")
    assert "Zebulon" not in agent.model.system(), "only what fits the question"


async def test_a_session_is_not_told_again_what_it_has_before_it(agent: World) -> None:
    session = key()
    await agent.run("My dog is called Zebulon.", sessionKey=session)
    await remembered(agent, "Zebulon")
    await agent.run("What is my dog called?", sessionKey=session)
    assert "Zebulon" not in agent.model.system()
    assert "Zebulon" in str(agent.model.requests[-1]["messages"][1:])


async def test_deleting_a_session_deletes_what_is_remembered_of_it(agent: World) -> None:
    session = key()
    await agent.run("My dog is called Zebulon.", sessionKey=session)
    await remembered(agent, "Zebulon")
    await agent.client.result("session.delete", sessionKey=session)
    assert (await agent.client.result("memory.search", query="Zebulon"))["results"] == []
    await agent.run("What is my dog called?")
    assert "Zebulon" not in agent.model.system()


async def test_what_an_agent_was_told_to_remember_outlives_the_session(agent: World) -> None:
    session = key()
    await agent.run(call("memory_store", content="Tea is drunk at four.", key="tea"), sessionKey=session)
    await agent.client.result("session.delete", sessionKey=session)
    found = await agent.use(call("memory_search", query="tea"))
    assert [one["key"] for one in found["result"]["results"]] == ["tea"]
    await agent.run("When is tea?")
    assert "drunk at four" in agent.model.system()


async def test_an_agent_without_memory_neither_remembers_nor_recalls(agent: World) -> None:
    await agent.run("My cat is called Quincy.", agentId="forgetful")
    await agent.run("My dog is called Zebulon.")
    await remembered(agent, "Zebulon")
    assert (await agent.client.result("memory.search", query="Quincy"))["results"] == []
    await agent.run("What is my dog called?", agentId="forgetful")
    assert "Zebulon" not in agent.model.system()
    assert not {name for name in agent.model.offered() if name.startswith("memory_")}
    result = await agent.use(call("memory_search", query="dog"), agentId="forgetful")
    assert "error" in result


async def test_a_run_that_failed_or_was_aborted_is_not_remembered(agent: World) -> None:
    run_id = await agent.start(f"[[say:Zebulon]] {call('shell', command='sleep 30')}")
    await agent.client.event("tool.call", runId=run_id)
    await agent.client.result("chat.abort", runId=run_id)
    await agent.run("My cat is called Quincy.")
    await remembered(agent, "Quincy")
    assert (await agent.client.result("memory.search", query="Zebulon"))["results"] == []


async def test_nobody_recalls_what_another_user_said(agent: World) -> None:
    await agent.run("My dog is called Zebulon.")
    await remembered(agent, "Zebulon")
    async with agent.served.connect(token=agent.served.make_token("ada")) as ada:
        await ada.chat("What is my dog called?", sessionKey=key())
        assert "Zebulon" not in agent.model.system()
        assert (await ada.result("memory.search", query="Zebulon"))["results"] == []


async def test_with_embeddings_what_means_the_same_is_recalled_without_a_common_word() -> None:
    question = "Which canine lives here?"
    for wanted in (False, True):
        async with world(memory={"embeddings": wanted, "embedding_model": "vectors-1"}) as agent:
            agent.model.topics = TOPICS
            await agent.client.result("memory.store", key="pet", value="Zebulon is a puppy")
            await agent.client.result("memory.store", key="errand", value="Wash the vehicle on Sunday")
            if wanted:
                await found_by_meaning(agent, question, "pet")
            await agent.run(question)
            assert ("Zebulon" in agent.model.system()) is wanted
            assert "vehicle" not in agent.model.system()
            assert {body["model"] for body in agent.model.embedded} == ({"vectors-1"} if wanted else set())


async def test_embeddings_can_be_turned_on_while_the_gateway_runs() -> None:
    async with world() as agent:
        agent.model.topics = TOPICS
        await agent.client.result("memory.store", key="pet", value="Zebulon is a puppy")
        await agent.client.result(
            "config.update", config={"memory": {"embeddings": True, "embedding_model": "vectors-1"}}
        )
        await found_by_meaning(agent, "canine", "pet")
        await agent.client.result("config.update", config={"memory": {"embeddings": False}})
        assert (await agent.client.result("memory.search", query="canine"))["results"] == []


async def test_a_server_that_does_not_embed_takes_nothing_from_the_search_by_words() -> None:
    async with world(memory={"embeddings": True, "embedding_model": "vectors-1"}) as agent:
        agent.model.embedding_status = 404
        await agent.run("My dog is called Zebulon.")
        await remembered(agent, "Zebulon")
        await agent.run("What is my dog called?")
        assert "Zebulon" in agent.model.system()


async def found_by_meaning(agent: World, query: str, wanted: str) -> None:
    """Return once a search finds that key: vectors are made in the background."""
    with anyio.fail_after(5):
        while wanted not in [
            one["key"] for one in (await agent.client.result("memory.search", query=query))["results"]
        ]:
            await anyio.lowlevel.checkpoint()


async def test_what_is_said_to_the_gateway_itself_is_no_memory(agent: World) -> None:
    for command in ("/compact keep Zebulon", "/help Zebulon", "/status"):
        await agent.run(command)
    await agent.run("/home/me/notes.txt says that Quagga is a horse.")
    await remembered(agent, "Quagga")
    assert (await agent.client.result("memory.search", query="Zebulon"))["results"] == []


async def test_what_the_offline_agent_said_is_no_memory() -> None:
    config = settings("http://127.0.0.1:9/v1")
    del config["providers"]
    async with gateway(config) as running, running.connect() as client:
        await client.chat("My dog is called Zebulon.", sessionKey="s")
        await client.result("memory.store", key="last", value="Quagga")
        assert (await client.result("memory.search", query="Zebulon"))["results"] == []
        assert len((await client.result("memory.search", query="Quagga"))["results"]) == 1
