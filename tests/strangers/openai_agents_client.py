# type: ignore  - its packages are those of an environment of its own
"""OpenAI's Agents SDK with its sessions against a gateway: `python openai_agents_client.py BASE_URL TOKEN`."""

import asyncio
import json
import sys
import traceback

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIConversationsSession,
    OpenAIResponsesModel,
    Runner,
    SQLiteSession,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI

BASE, TOKEN = sys.argv[1], sys.argv[2]
client = AsyncOpenAI(base_url=BASE, api_key=TOKEN)
set_tracing_disabled(True)
SEEN = []


@function_tool
def look(q: str) -> str:
    """Look something up."""
    SEEN.append(q)
    return f"found {q}"


def agent(kind, model, tools=()):
    return Agent(name="helper", model=kind(model=model, openai_client=client), tools=list(tools))


async def turns(kind, model, session):
    SEEN.clear()
    helper = agent(kind, model, [look])
    first = await Runner.run(helper, '[[tool:look {"q": "x"}]]', session=session)
    assert "found x" in first.final_output and SEEN == ["x"], first.final_output
    second = await Runner.run(helper, "thanks", session=session)
    assert second.final_output == "echo: thanks", second.final_output
    third = Runner.run_streamed(helper, "one two", session=session)
    async for _ in third.stream_events():
        pass
    assert third.final_output == "echo: one two", third.final_output


async def chat_completions():
    for model in ("scripted", "openclaw"):
        await turns(OpenAIChatCompletionsModel, model, SQLiteSession(f"chat-{model}"))


async def responses():
    for model in ("scripted", "openclaw"):
        await turns(OpenAIResponsesModel, model, SQLiteSession(f"responses-{model}"))


async def conversations():
    for model in ("scripted", "openclaw"):
        session = OpenAIConversationsSession(openai_client=client)
        await turns(OpenAIResponsesModel, model, session)
        items = await session.get_items()
        assert [each.get("role") for each in items if each.get("role")].count("user") == 3, items
        assert await session.pop_item() is not None
        await session.clear_session()


async def main():
    for found in (chat_completions, responses, conversations):
        try:
            await found()
            print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
        except Exception:
            told = {"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}
            print(json.dumps(told), flush=True)


asyncio.run(main())
