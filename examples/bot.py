"""A bot in a chat room: it answers whoever mentions it, in one session a room, and edits its message as it thinks.

    pip install ./clients/python
    CHAT_URL=ws://127.0.0.1:9000 python examples/bot.py

The chat server is whichever you have. This one speaks JSON over a WebSocket: it sends {room, author, text}, and takes
{room, id, text}, where the same id again edits the message. The functions `listen` and `Message` are what to change.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

from openclaw import AsyncOpenClawClient, OpenClawError

CHAT_URL = os.environ.get("CHAT_URL", "ws://127.0.0.1:9000")
NAME = os.environ.get("BOT_NAME", "@claw")
EDIT_SECONDS = 0.5  # a chat server limits how often a message is edited


class Message:
    """A message of the bot's own that grows."""

    def __init__(self, chat: ClientConnection, room: str) -> None:
        self.text = ""
        self._chat, self._room, self._id, self._shown = chat, room, uuid4().hex, 0.0

    async def add(self, text: str) -> None:
        self.text += text
        if time.monotonic() - self._shown > EDIT_SECONDS:
            await self.show()

    async def show(self) -> None:
        self._shown = time.monotonic()
        await self._chat.send(json.dumps({"room": self._room, "id": self._id, "text": self.text}))


async def listen(chat: ClientConnection) -> AsyncIterator[dict]:
    """What is said to the bot."""
    async for text in chat:
        said = json.loads(text)
        if NAME in said["text"]:
            yield said


async def answer(client: AsyncOpenClawClient, chat: ClientConnection, said: dict) -> None:
    message = Message(chat, said["room"])
    question = f"{said['author']}: {said['text'].replace(NAME, '').strip()}"
    try:
        async for event in client.chat.stream(message=question, session_key=f"room-{said['room']}", channel="bot"):
            if event.type == "chat.delta":
                await message.add(event.data["delta"])
    except OpenClawError as error:
        message.text += f" ({error})"
    await message.show()


async def main() -> None:
    async with AsyncOpenClawClient(token=os.environ["OPENCLAW_TOKEN"]) as client, connect(CHAT_URL) as chat:
        answers: set[asyncio.Task[None]] = set()
        async for said in listen(chat):  # rooms are answered side by side, each in its order
            task = asyncio.create_task(answer(client, chat, said))
            answers.add(task)
            task.add_done_callback(answers.discard)
        await asyncio.gather(*answers)


if __name__ == "__main__":
    asyncio.run(main())
