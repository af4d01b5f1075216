"""A human is asked before a command runs.

In `~/.openclaw/gateway.yaml`, and on the machine of the gateway (`openclaw pin set`):

    security:
      require_pin_for: [shell]

    python examples/approvals.py "How much disk space is left?"

The run waits at the call, for that very call, until somebody gives the PIN (or refuses, or the time is up). Whoever
approves need not be who asked: `tool.pending` tells any of your clients what waits.
"""

import asyncio
import getpass
import json
import os
import sys

from websockets.asyncio.client import ClientConnection, connect

URL = os.environ.get("OPENCLAW_URL", "http://127.0.0.1:18789").replace("http", "ws", 1)
HEADERS = {"Authorization": f"Bearer {os.environ['OPENCLAW_TOKEN']}"}


async def send(socket: ClientConnection, method: str, **params: object) -> None:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))


async def decide(socket: ClientConnection, approval: dict) -> None:
    """Show what waits, and ask. An empty PIN refuses."""
    print(f"\nThe agent wants to use {approval['tool']}: {json.dumps(approval['params'])}")
    pin = os.environ.get("OPENCLAW_PIN") or await asyncio.to_thread(getpass.getpass, "PIN (empty refuses): ")
    if pin:
        await send(socket, "tool.approve", approvalId=approval["approvalId"], pin=pin)
    else:
        await send(socket, "tool.deny", approvalId=approval["approvalId"], reason="not now")


async def main(message: str) -> None:
    async with connect(URL, additional_headers=HEADERS) as socket:
        await send(socket, "chat.run", message=message)
        async for text in socket:
            frame = json.loads(text)
            data = frame.get("data", {})
            if "error" in frame:
                raise SystemExit(frame["error"]["message"])
            if frame.get("type") == "tool.approval":
                await decide(socket, data)
            elif frame.get("type") == "tool.decided":
                print(f"[{data['outcome']}]")
            elif frame.get("type") == "chat.delta":
                print(data["delta"], end="", flush=True)
            elif frame.get("type") == "chat.done":
                print()
                return


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "How much disk space is left?"))
