# type: ignore  - its packages are those of an environment of its own
"""AG2's agents against a gateway: `python ag2_client.py BASE_URL TOKEN`, a line of JSON a check."""

import asyncio
import json
import sys
import traceback

from ag2 import Agent
from ag2.config import OpenAIConfig, OpenAIResponsesConfig

BASE, TOKEN = sys.argv[1], sys.argv[2]
SEEN = []


def look(q: str) -> str:
    """Look something up."""
    SEEN.append(q)
    return f"found {q}"


async def turns(kind, model):
    SEEN.clear()
    agent = Agent("helper", config=kind(model=model, api_key=TOKEN, base_url=BASE), tools=[look])
    first = await agent.ask('[[tool:look {"q": "x"}]]')
    assert "found x" in first.body and SEEN == ["x"], first.body
    second = await first.ask("and more")
    assert second.body == "echo: and more", second.body


async def chat_completions():
    for model in ("scripted", "openclaw"):
        await turns(OpenAIConfig, model)


async def responses():
    for model in ("scripted", "openclaw"):
        await turns(OpenAIResponsesConfig, model)


async def main():
    for found in (chat_completions, responses):
        try:
            await found()
            print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
        except Exception:
            told = {"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}
            print(json.dumps(told), flush=True)


asyncio.run(main())
