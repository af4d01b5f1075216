# type: ignore  - its packages are those of an environment of its own
"""pydantic-ai against a gateway: `python pydantic_ai_client.py BASE_URL TOKEN`, a line of JSON a check."""

import asyncio
import json
import sys
import traceback

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

BASE, TOKEN = sys.argv[1], sys.argv[2]
provider = OpenAIProvider(base_url=BASE, api_key=TOKEN)
model = OpenAIChatModel("scripted", provider=provider)


async def plain():
    result = await Agent(model).run("Hello there")
    assert result.output == "echo: Hello there"


async def streamed():
    async with Agent(model).run_stream("one two") as result:
        assert await result.get_output() == "echo: one two"


async def agent():
    named = OpenAIChatModel("openclaw/default", provider=provider)
    assert (await Agent(named).run("Hi")).output == "echo: Hi"
    async with Agent(named).run_stream("a b") as result:
        assert await result.get_output() == "echo: a b"


async def tools():
    helped = Agent(model)
    seen = []

    @helped.tool_plain
    def look(q: str) -> str:
        """Look something up."""
        seen.append(q)
        return "42"

    assert (await helped.run('[[tool:look {"q": "x"}]]')).output == "tool said: 42"
    assert seen == ["x"]


async def turns():
    for kind in (OpenAIChatModel, OpenAIResponsesModel):
        for name in ("scripted", "openclaw"):
            helped = Agent(kind(name, provider=provider))

            @helped.tool_plain
            def look(q: str) -> str:
                """Look something up."""
                return f"found {q}"

            first = await helped.run('[[tool:look {"q": "x"}]]')
            assert first.output == "tool said: found x", (name, first.output)
            second = await helped.run("and more", message_history=first.all_messages())
            assert second.output == "echo: and more", (name, second.output)


async def responses():
    spoken = OpenAIResponsesModel("scripted", provider=provider)
    assert (await Agent(spoken).run("Hello")).output == "echo: Hello"
    async with Agent(spoken).run_stream("a b") as result:
        assert await result.get_output() == "echo: a b"


async def main():
    for found in (plain, streamed, agent, tools, turns, responses):
        try:
            await found()
            print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
        except Exception:
            told = {"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}
            print(json.dumps(told), flush=True)


asyncio.run(main())
