# type: ignore  - its packages are those of an environment of its own
"""Haystack's generator and agent against a gateway: `python haystack_client.py BASE_URL TOKEN`."""

import json
import sys
import traceback

from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator, OpenAIResponsesChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import Tool
from haystack.utils import Secret

BASE, TOKEN = sys.argv[1], sys.argv[2]
SEEN = []


def look(q: str) -> str:
    SEEN.append(q)
    return f"found {q}"


LOOK = Tool(
    name="look",
    description="Look something up.",
    parameters={"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
    function=look,
)


def generator(model, kind=OpenAIChatGenerator):
    return kind(api_key=Secret.from_token(TOKEN), api_base_url=BASE, model=model)


def two_turns():
    for kind in (OpenAIChatGenerator, OpenAIResponsesChatGenerator):
        for model in ("scripted", "openclaw"):
            asked = generator(model, kind)
            first = ChatMessage.from_user("Hello")
            reply = asked.run([first])["replies"][0]
            assert reply.text == "echo: Hello", reply
            more = asked.run([first, reply, ChatMessage.from_user("and more")])["replies"][0]
            assert more.text == "echo: and more", more


def tools():
    for model in ("scripted", "openclaw"):
        SEEN.clear()
        agent = Agent(chat_generator=generator(model), tools=[LOOK])
        found = agent.run([ChatMessage.from_user('[[tool:look {"q": "x"}]]')])
        assert "found x" in found["messages"][-1].text, found["messages"]
        assert SEEN == ["x"]
        found = agent.run([*found["messages"], ChatMessage.from_user("thanks")])
        assert found["messages"][-1].text == "echo: thanks", found["messages"]


for found in (two_turns, tools):
    try:
        found()
        print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
    except Exception:
        print(json.dumps({"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}), flush=True)
