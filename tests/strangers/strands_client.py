# type: ignore  - its packages are those of an environment of its own
"""Strands Agents against a gateway: `python strands_client.py BASE_URL TOKEN`, a line of JSON a check."""

import json
import sys
import traceback

from strands import Agent, tool
from strands.models.openai import OpenAIModel

BASE, TOKEN = sys.argv[1], sys.argv[2]
SEEN = []


@tool
def look(q: str) -> str:
    """Look something up.

    Args:
        q: What for.
    """
    SEEN.append(q)
    return f"found {q}"


def made(model, tools=()):
    chosen = OpenAIModel(client_args={"base_url": BASE, "api_key": TOKEN}, model_id=model)
    return Agent(model=chosen, tools=list(tools), callback_handler=None)


def said(agent, text):
    return str(agent(text)).strip()


def two_turns():
    for model in ("scripted", "openclaw"):
        agent = made(model)
        assert said(agent, "Hello") == "echo: Hello"
        assert said(agent, "and more") == "echo: and more"


def tools():
    for model in ("scripted", "openclaw"):
        agent = made(model, [look])
        SEEN.clear()
        assert "found x" in said(agent, '[[tool:look {"q": "x"}]]')
        assert SEEN == ["x"]
        assert said(agent, "thanks") == "echo: thanks"


for found in (two_turns, tools):
    try:
        found()
        print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
    except Exception:
        print(json.dumps({"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}), flush=True)
