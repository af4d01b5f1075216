"""A bare server on websockets that tells everybody what it is given: what a delta to many is compared with.

The first client hands it the messages as a JSON array, with the milliseconds between them in front; each goes to all
others by websockets' own `broadcast`.
"""

import asyncio
import json
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

sockets: list[ServerConnection] = []


async def join(socket: ServerConnection) -> None:
    sockets.append(socket)
    async for asked in socket:
        pause, *messages = json.loads(asked)
        for message in messages:
            broadcast(sockets[1:], message)
            await asyncio.sleep(pause / 1000)


async def main(port: int) -> None:
    async with serve(join, "127.0.0.1", port, compression=None, ping_interval=None, max_size=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
