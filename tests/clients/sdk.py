"""The Python client against a gateway, on any Python: python sdk.py BASE_URL TOKEN, prints the Python's version."""

import asyncio
import sys

from openclaw import AsyncOpenClawClient, NotFoundError, OpenClaw, OpenClawClient, types

base_url, token = sys.argv[1:]


def said(events):
    return "".join(event.data["delta"] for event in events if event.type == "chat.delta")


def main():
    client = OpenClawClient(base_url=base_url, token=token)
    assert said(client.chat.stream(message="Hello there")) == "echo: Hello there"
    session = client.session.create(title="Plans")
    assert isinstance(session, types.SessionInfo)
    assert client.session.get(session_key=session.session_key).title == "Plans"
    assert client.message("Hi").content == "echo: Hi"
    assert [chunk.type for chunk in client.message_stream("Hi")][-1] == "end"
    try:
        client.session.get(session_key="none-such")
    except NotFoundError as error:
        assert error.field == "sessionKey"
    else:
        raise AssertionError("a session that is not there was found")
    assert OpenClaw(api_key=token, base_url=base_url).messages.send(content="Hi").content == "echo: Hi"


async def main_async():
    async with AsyncOpenClawClient(base_url=base_url, token=token) as client:
        answers = await asyncio.gather(*(client.message(f"word {at}") for at in range(5)))
        assert [answer.content for answer in answers] == [f"echo: word {at}" for at in range(5)]
        assert said([event async for event in client.chat.stream(message="Hello there")]) == "echo: Hello there"


main()
asyncio.run(main_async())
print(".".join(map(str, sys.version_info[:2])))
