# type: ignore  - its packages are those of an environment of its own
"""langchain-openai against a gateway: `python langchain_client.py BASE_URL TOKEN`, a line of JSON a check."""

import json
import sys
import traceback

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

BASE, TOKEN = sys.argv[1], sys.argv[2]
model = ChatOpenAI(base_url=BASE, api_key=TOKEN, model="scripted", timeout=20)


@tool
def look(q: str) -> str:
    """Look something up."""
    return q


class Answer(BaseModel):
    """An answer."""

    n: int


def plain():
    reply = model.invoke("Hello there")
    assert reply.content == "echo: Hello there" and reply.usage_metadata["total_tokens"] > 0


def streamed():
    assert "".join(str(piece.content) for piece in model.stream("one two")) == "echo: one two"


def agent():
    agent = ChatOpenAI(base_url=BASE, api_key=TOKEN, model="openclaw/default")
    assert agent.invoke("Hi").content == "echo: Hi"
    assert "".join(str(piece.content) for piece in agent.stream("a b")) == "echo: a b"


def tools():
    bound = model.bind_tools([look])
    asked = HumanMessage('[[tool:look {"q": "x"}]]')
    reply = bound.invoke([asked])
    assert reply.tool_calls[0]["name"] == "look" and reply.tool_calls[0]["args"] == {"q": "x"}
    answer = bound.invoke([asked, reply, ToolMessage("42", tool_call_id=reply.tool_calls[0]["id"])])
    assert answer.content == "tool said: 42"
    pieces = None
    for piece in bound.stream([asked]):
        pieces = piece if pieces is None else pieces + piece
    assert pieces is not None and pieces.tool_calls[0]["args"] == {"q": "x"}


def turns():
    for name in ("scripted", "openclaw"):
        for more in ({}, {"use_responses_api": True}):
            bound = ChatOpenAI(base_url=BASE, api_key=TOKEN, model=name, timeout=20, **more).bind_tools([look])
            said = [HumanMessage('[[tool:look {"q": "x"}]]')]
            said.append(bound.invoke(said))
            said.append(ToolMessage("42", tool_call_id=said[-1].tool_calls[0]["id"]))
            said.append(bound.invoke(said))
            assert said[-1].text == "tool said: 42", said
            said.append(HumanMessage("and more"))
            assert bound.invoke(said).text == "echo: and more", (name, more)


def structured():
    parsed = model.with_structured_output(Answer, method="json_schema")
    assert parsed.invoke('[[raw:{"n": 5}]]') == Answer(n=5)


def responses():
    speaking = ChatOpenAI(base_url=BASE, api_key=TOKEN, model="scripted", use_responses_api=True)
    assert speaking.invoke("Hello").text == "echo: Hello"
    assert "".join(piece.text for piece in speaking.stream("a b")) == "echo: a b"


def embeddings():
    vectors = OpenAIEmbeddings(base_url=BASE, api_key=TOKEN, model="scripted", check_embedding_ctx_length=False)
    assert vectors.embed_query("ab") == [2.0, 1.0, 0.5]


for found in (plain, streamed, agent, tools, turns, structured, responses, embeddings):
    try:
        found()
        print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
    except Exception:
        print(json.dumps({"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}), flush=True)
