"""An agent that repairs a failing test in its workspace.

Describe it in `~/.openclaw/gateway.yaml`; it may use files and a shell, and nothing else:

    agents:
      coder:
        system: >
          You are a careful programmer. Look at the code and run the tests before you change anything; change as little
          as you can; run the tests again before you say that you are done.
        tools: [file_read, file_write, file_list, file_search, shell]

    python examples/coding_agent.py

The gateway runs its commands in the workspace (`~/.openclaw/workspace`), in a sandbox where bubblewrap is installed.
"""

import asyncio
import json
import os
import sys

from websockets.asyncio.client import ClientConnection, connect

URL = os.environ.get("OPENCLAW_URL", "http://127.0.0.1:18789").replace("http", "ws", 1)
HEADERS = {"Authorization": f"Bearer {os.environ['OPENCLAW_TOKEN']}"}
FOLDER = "coding-example"
TASK = f"In {FOLDER}, `python3 test_price.py` fails. Find out why, and repair price.py."
ROUNDS = 3

# A shop that forgets its discounts, and the test that says so.
PROJECT = {
    "price.py": "def total(prices, discount=0):\n    return sum(prices)\n",
    "test_price.py": "from price import total\n\nassert total([10, 20]) == 30\nassert total([10, 20], 0.5) == 15\n"
    "print('all tests pass')\n",
}


async def call(socket: ClientConnection, method: str, **params: object) -> dict:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
    while (frame := json.loads(await socket.recv())).get("id") != method:
        pass
    if "error" in frame:
        raise SystemExit(f"{method}: {frame['error']['message']}")
    return frame["result"]


async def work(socket: ClientConnection, task: str) -> None:
    """Give the agent a task, and watch it."""
    run = await call(socket, "chat.run", message=task, agentId="coder", sessionKey=FOLDER)
    while True:
        frame = json.loads(await socket.recv())
        data = frame.get("data", {})
        if data.get("runId") != run["runId"]:
            continue
        if frame["type"] == "chat.delta":
            print(data["delta"], end="", flush=True)
        elif frame["type"] == "tool.call":
            print(f"\n> {data['tool']} {json.dumps(data['params'])[:200]}")
        elif frame["type"] == "tool.result" and data.get("error"):
            print(f"< {data['error']}")
        elif frame["type"] == "chat.done":
            print()
            return


async def test(socket: ClientConnection) -> str | None:
    """Run the test; what it complains about, or None."""
    result = await call(socket, "command.execute", command="python3 test_price.py", cwd=f"/{FOLDER}")
    print(f"$ python3 test_price.py\n{result['stdout']}{result['stderr']}")
    return None if result["exitCode"] == 0 else result["stderr"]


async def main(task: str) -> int:
    async with connect(URL, additional_headers=HEADERS) as socket:
        for name, text in PROJECT.items():
            await call(socket, "file.write", path=f"/{FOLDER}/{name}", content=text)
        wrong = await test(socket)
        for _ in range(ROUNDS):
            if wrong is None:
                break
            await work(socket, task)
            wrong = await test(socket)
            task = f"The test still fails:\n{wrong}"
        return 0 if wrong is None else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(" ".join(sys.argv[1:]) or TASK)))
