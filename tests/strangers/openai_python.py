# type: ignore  - its packages are those of an environment of its own
"""OpenAI's Python SDK against a gateway: `python openai_python.py BASE_URL TOKEN`, a line of JSON a check."""

import asyncio
import json
import sys

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

BASE, TOKEN = sys.argv[1], sys.argv[2]
client = OpenAI(base_url=BASE, api_key=TOKEN, timeout=20)
CHECKS = []
TOOL = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}},
}


def check(function):
    CHECKS.append(function)
    return function


def ask(text, **more):
    return client.chat.completions.create(model="scripted", messages=[{"role": "user", "content": text}], **more)


@check
def sync():
    reply = ask("Hello there")
    assert reply.choices[0].message.content == "echo: Hello there", reply
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    raw = client.chat.completions.with_raw_response.create(
        model="scripted", messages=[{"role": "user", "content": "x"}]
    )
    assert raw.headers["x-request-id"] and raw.headers["x-ratelimit-remaining-requests"]


@check
def asynchronous():
    async def main():
        async with AsyncOpenAI(base_url=BASE, api_key=TOKEN) as aclient:
            replies = await asyncio.gather(
                *(
                    aclient.chat.completions.create(model="scripted", messages=[{"role": "user", "content": f"n{n}"}])
                    for n in range(8)
                )
            )
            assert [reply.choices[0].message.content for reply in replies] == [f"echo: n{n}" for n in range(8)]
            text = ""
            async for chunk in await aclient.chat.completions.create(
                model="scripted", messages=[{"role": "user", "content": "a b c"}], stream=True
            ):
                text += chunk.choices[0].delta.content or ""
            assert text == "echo: a b c", text

    asyncio.run(main())


@check
def stream():
    chunks = list(ask("one two", stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "echo: one two"
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)
    counted = list(ask("one two", stream=True, stream_options={"include_usage": True}))
    assert counted[-1].choices == [] and counted[-1].usage.total_tokens > 0
    with client.chat.completions.stream(model="scripted", messages=[{"role": "user", "content": "hi"}]) as events:
        for _ in events:
            pass
        assert events.get_final_completion().choices[0].message.content == "echo: hi"


@check
def tools():
    messages = [{"role": "user", "content": '[[tool:look {"q": "x"}]]'}]
    reply = client.chat.completions.create(model="scripted", messages=messages, tools=[TOOL])
    call = reply.choices[0].message.tool_calls[0]
    assert reply.choices[0].finish_reason == "tool_calls" and call.function.name == "look"
    messages += [reply.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "42"}]
    reply = client.chat.completions.create(model="scripted", messages=messages, tools=[TOOL])
    assert reply.choices[0].message.content == "tool said: 42"
    pieces = ask('[[tool-pieces:look {"q": "x"}]]', tools=[TOOL], stream=True)
    calls = [call for chunk in pieces for call in chunk.choices[0].delta.tool_calls or []]
    assert "".join(call.function.arguments or "" for call in calls) == '{"q": "x"}'


@check
def turns():
    for model in ("scripted", "openclaw"):
        messages = [{"role": "user", "content": '[[tool:look {"q": "x"}]]'}]
        for wanted in ("tool said: 42", "echo: and more"):
            reply = client.chat.completions.create(model=model, messages=messages, tools=[TOOL])
            messages.append(reply.choices[0].message)
            if reply.choices[0].finish_reason == "tool_calls":
                call = reply.choices[0].message.tool_calls[0]
                messages.append({"role": "tool", "tool_call_id": call.id, "content": "42"})
                reply = client.chat.completions.create(model=model, messages=messages, tools=[TOOL])
                messages.append(reply.choices[0].message)
            assert reply.choices[0].message.content == wanted, (model, reply)
            messages.append({"role": "user", "content": "and more"})


@check
def conversations():
    for model in ("scripted", "openclaw"):
        made = client.conversations.create(
            metadata={"topic": "tea"}, items=[{"type": "message", "role": "user", "content": "I am Ada."}]
        )
        assert client.conversations.retrieve(made.id).metadata == {"topic": "tea"}
        for text in ("Hello", "More"):
            reply = client.responses.create(model=model, input=text, conversation=made.id)
            assert reply.output_text.endswith(text) and reply.conversation.id == made.id
        items = list(client.conversations.items.list(made.id, order="asc", limit=2))
        assert [item.role for item in items] == ["user", "user", "assistant", "user", "assistant"], items
        assert client.conversations.items.retrieve(items[0].id, conversation_id=made.id).id == items[0].id
        assert client.conversations.update(made.id, metadata={"topic": "milk"}).metadata == {"topic": "milk"}
        assert client.conversations.delete(made.id).deleted


@check
def parsed():
    class Answer(BaseModel):
        n: int

    reply = client.chat.completions.parse(
        model="scripted", messages=[{"role": "user", "content": '[[raw:{"n": 5}]]'}], response_format=Answer
    )
    assert reply.choices[0].message.parsed == Answer(n=5)
    response = client.responses.parse(model="scripted", input='[[raw:{"n": 6}]]', text_format=Answer)
    assert response.output_parsed == Answer(n=6)


@check
def responses():
    first = client.responses.create(model="scripted", input="Hello", instructions="Be kind", metadata={"a": "b"})
    assert first.output_text == "echo: Hello" and first.status == "completed" and first.usage.output_tokens > 0
    again = client.responses.retrieve(first.id)
    assert again.output_text == first.output_text and again.metadata == {"a": "b"}
    second = client.responses.create(model="scripted", input="More", previous_response_id=first.id)
    assert second.output_text == "echo: More"
    items = client.responses.input_items.list(first.id)
    assert items.data[0].content[0].text == "Hello"
    events = list(client.responses.create(model="scripted", input="a b", stream=True))
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
    ], kinds  # fmt: skip
    assert kinds[-4:] == [
        "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed",
    ], kinds  # fmt: skip
    assert [event.sequence_number for event in events] == list(range(len(events)))
    late = list(client.responses.retrieve(events[0].response.id, stream=True, starting_after=4))
    assert [event.sequence_number for event in late] == list(range(5, len(events)))
    client.responses.delete(first.id)
    try:
        client.responses.retrieve(first.id)
    except openai.NotFoundError:
        pass
    else:
        raise AssertionError("a deleted response is still there")
    with client.responses.stream(model="scripted", input="hi there") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == "echo: hi there"


@check
def response_tools():
    tool = {"type": "function", "name": "look", "parameters": TOOL["function"]["parameters"], "strict": False}
    asked = client.responses.create(model="scripted", input='[[tool:look {"q": "x"}]]', tools=[tool])
    call = next(item for item in asked.output if item.type == "function_call")
    assert call.name == "look" and json.loads(call.arguments) == {"q": "x"}
    answer = client.responses.create(
        model="scripted",
        previous_response_id=asked.id,
        tools=[tool],
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "42"}],
    )
    assert answer.output_text == "tool said: 42", answer


@check
def background():
    begun = client.responses.create(model="scripted", input="[[slow:200,20]]", background=True)
    assert begun.status in ("queued", "in_progress")
    assert client.responses.cancel(begun.id).status == "cancelled"
    done = client.responses.create(model="scripted", input="quick", background=True)
    for _ in range(200):
        done = client.responses.retrieve(done.id)
        if done.status == "completed":
            break
    assert done.output_text == "echo: quick"


@check
def agents():
    body = {"model": "openclaw", "messages": [{"role": "user", "content": "Hi agent"}]}
    assert client.chat.completions.create(**body).choices[0].message.content == "echo: Hi agent"
    text = "".join(
        chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(**body, stream=True)
    )
    assert text == "echo: Hi agent"
    reply = client.responses.create(model="openclaw/default", input="Hi again")
    assert reply.output_text == "echo: Hi again"
    reply = client.responses.create(model="openclaw", input="And more", previous_response_id=reply.id)
    assert reply.output_text == "echo: And more"


@check
def embeddings():
    floats = client.embeddings.create(model="scripted", input=["a", "bc"], encoding_format="float")
    packed = client.embeddings.create(model="scripted", input=["a", "bc"])
    assert [item.embedding for item in packed.data] == [item.embedding for item in floats.data]
    assert client.embeddings.create(model="scripted", input=[1, 2, 3]).data


@check
def models():
    ids = [model.id for model in client.models.list()]
    assert "scripted" in ids and "openclaw" in ids and "openclaw/default" in ids, ids
    assert client.models.retrieve("openclaw/default").id == "openclaw/default"
    try:
        client.models.retrieve("no/such")
    except openai.NotFoundError as error:
        assert error.code == "model_not_found"
    else:
        raise AssertionError("an unknown model was found")


@check
def legacy():
    assert client.completions.create(model="scripted", prompt="Say").choices[0].text == "echo: Say"
    pieces = client.completions.create(model="scripted", prompt=["a b"], stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == "echo: a b"


@check
def errors():
    once = client.with_options(max_retries=0)

    def failing(kind, text, **more):
        try:
            once.chat.completions.create(
                **{"model": "scripted", "messages": [{"role": "user", "content": text}], **more}
            )
        except kind as error:
            return error
        raise AssertionError(f"no {kind.__name__}")

    assert failing(openai.BadRequestError, "x", n=2).param == "n"
    assert failing(openai.RateLimitError, "[[fail:429]] [[code:insufficient_quota]]").code == "insufficient_quota"
    assert failing(openai.UnprocessableEntityError, "[[fail:422]]").status_code == 422
    assert failing(openai.NotFoundError, "[[fail:404]] [[code:model_not_found]]").code == "model_not_found"
    failing(openai.NotFoundError, "x", model="openclaw/no-such")
    failing(openai.BadRequestError, "x", messages=[])
    try:
        OpenAI(base_url=BASE, api_key="wrong", max_retries=0).models.list()
    except openai.AuthenticationError as error:
        assert error.code == "invalid_api_key"
    else:
        raise AssertionError("a wrong key was taken")
    try:
        for _ in ask("[[error:broken]]", stream=True):
            pass
    except openai.APIError:
        pass
    else:
        raise AssertionError("an error in a stream was lost")


@check
def retries():
    assert ask("[[fail-once:500]] again").choices[0].message.content == "echo:  again".replace("  ", " ")


for found in CHECKS:
    try:
        found()
        print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
    except Exception:
        import traceback

        print(json.dumps({"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}), flush=True)
