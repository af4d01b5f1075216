"""Have a report written by the clock, and sent to a chat: examples/scheduled_report.py CHANNEL CHAT [CRON]

OPENCLAW_TOKEN=… python examples/scheduled_report.py telegram 123456789 '0 9 * * *'
"""

import asyncio
import json
import os
import sys

from websockets.asyncio.client import connect

URL = os.environ.get("OPENCLAW_URL", "http://127.0.0.1:18789").replace("http", "ws", 1)


async def main(channel: str, chat: str, cron: str = "0 9 * * *") -> None:
    headers = {"Authorization": f"Bearer {os.environ['OPENCLAW_TOKEN']}"}
    async with connect(URL, additional_headers=headers) as socket:

        async def call(method: str, **params: object) -> dict[str, object]:
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
            async for frame in socket:
                answer = json.loads(frame)
                if answer.get("id") == method:
                    if "error" in answer:
                        raise SystemExit(answer["error"]["message"])
                    return answer["result"]
            raise SystemExit("the gateway went away")

        task = await call(
            "task.create",
            name="report",
            schedule=cron,
            action={"type": "message", "params": {"content": "Sum up what happened since yesterday, in three lines."}},
            deliver={"channelId": channel, "to": chat},
        )
        print(task["id"], "is due next at", task["nextRunAt"])
        print("once now:", (await call("task.run", taskId=task["id"]))["status"])


asyncio.run(main(*sys.argv[1:]))
