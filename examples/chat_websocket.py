"""A streamed answer over WebSocket that survives a broken connection.

    python examples/chat_websocket.py "Tell me a story"

Every event of a session is numbered (`seq`, counted within an `epoch`) and kept. A client that comes back tells the
last number it saw, and gets the rest: each word exactly once. Here the connection is broken on purpose.
"""

import asyncio
import json
import os
import sys

from websockets.asyncio.client import ClientConnection, connect

URL = os.environ.get("OPENCLAW_URL", "http://127.0.0.1:18789").replace("http", "ws", 1)
HEADERS = {"Authorization": f"Bearer {os.environ['OPENCLAW_TOKEN']}"}


async def call(socket: ClientConnection, method: str, params: dict) -> dict:
    """A JSON-RPC 2.0 call. Nothing else was called on this socket, so the next frame with our id answers it."""
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    async for text in socket:
        frame = json.loads(text)
        if frame.get("id") == 1:
            if "error" in frame:
                raise SystemExit(frame["error"]["message"])
            return frame["result"]
    raise SystemExit("the gateway closed the connection")


async def main(message: str) -> None:
    # 1. Start a run. The answer comes at once; from now on the run goes on, whoever listens.
    async with connect(URL, additional_headers=HEADERS) as socket:
        run = await call(socket, "chat.run", {"message": message})
        seen = {"epoch": run["epoch"], "seq": run["seq"]}

        # 2. Listen to the first piece of the answer, then break the connection.
        async for text in socket:
            frame = json.loads(text)
            if "seq" in frame:
                seen["seq"] = frame["seq"]
            if frame.get("type") == "chat.delta":
                print(frame["data"]["delta"], end="", flush=True)
                break

    # 3. Come back, and ask for all that came after what was seen.
    async with connect(URL, additional_headers=HEADERS) as socket:
        await call(socket, "event.subscribe", {"sessionKey": run["sessionKey"], "after": seen})
        async for text in socket:
            frame = json.loads(text)
            if frame.get("type") == "chat.delta":
                print(frame["data"]["delta"], end="", flush=True)
            elif frame.get("type") == "chat.done":
                print(f"\n[{frame['data']['finishReason']}]")
                return


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "Tell me a story in five sentences."))
