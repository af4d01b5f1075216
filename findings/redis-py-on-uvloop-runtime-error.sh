#!/usr/bin/env bash
# redis-py 8.1 on uvloop 0.23: a command over a connection that its server has reset since raises a bare RuntimeError
# of uvloop ("unable to perform operation on <TCPTransport closed=True …>"), which is neither RedisError nor OSError.
# On asyncio's own loop the same command raises redis.exceptions.ConnectionError, as is documented.
#
# Whoever catches RedisError and OSError around Redis, and takes uvloop for speed, has one way of its being away that
# ends the task. redis-py turns OSErrors of a write into its own, and uvloop's transports raise none.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --disable-pip-version-check -q install redis==8.1.0 uvloop==0.23.0
"$dir/venv/bin/python" - <<'PY'
import asyncio
import socket
import struct
import threading
from importlib.metadata import version

import uvloop
from redis.asyncio import Connection

RESET = struct.pack("ii", 1, 0)


async def command() -> str:
    """Connect, have the server reset the connection, send a command: what that raises."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connected, was_reset = threading.Event(), threading.Event()

        def serve() -> None:
            peer, _ = server.accept()
            connected.wait(10)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            peer.close()
            was_reset.set()

        threading.Thread(target=serve, daemon=True).start()
        connection = Connection(host="127.0.0.1", port=server.getsockname()[1], protocol=2, driver_info=None)
        await connection.connect()
        connected.set()
        await asyncio.to_thread(was_reset.wait, 10)
        await asyncio.sleep(0.1)  # the loop hears of it
        try:
            await connection.send_command("PING", check_health=False)
            await connection.read_response()
        except Exception as error:
            return f"{type(error).__module__}.{type(error).__name__}"
        return "nothing"


seen = {}
for name, loop in (("asyncio", asyncio.new_event_loop), ("uvloop", uvloop.new_event_loop)):
    with asyncio.Runner(loop_factory=loop) as runner:
        seen[name] = runner.run(command())
print("redis", version("redis"), "uvloop", version("uvloop"), seen)
assert seen == {"asyncio": "redis.exceptions.ConnectionError", "uvloop": "builtins.RuntimeError"}, "it changed"
PY
