"""A streamed answer as server-sent events, with Python's standard library alone.

    python examples/sse.py "Tell me a story"

Every event has an `id`. Whoever lost the connection asks again with the last one as `Last-Event-ID`, as a browser's
EventSource does by itself, and gets the rest: the message is not sent twice. Here the connection is broken on purpose.
"""

import http.client
import json
import os
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

URL = urlsplit(os.environ.get("OPENCLAW_URL", "http://127.0.0.1:18789"))
HEADERS = {"Authorization": f"Bearer {os.environ['OPENCLAW_TOKEN']}", "Content-Type": "application/json"}


def events(method: str, path: str, body: object = None, last_id: str | None = None) -> Iterator[tuple[str, str, dict]]:
    """The events of a stream: their ids, their names, and what they carry."""
    kind = http.client.HTTPSConnection if URL.scheme == "https" else http.client.HTTPConnection
    connection = kind(URL.hostname, URL.port)
    headers = HEADERS | ({"Last-Event-ID": last_id} if last_id else {})
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{answer.status}: {answer.read().decode()}")
    fields: dict[str, str] = {}
    for line in answer:
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield fields.get("id", ""), fields.get("event", ""), json.loads(fields["data"])
            fields = {}


def main(message: str) -> None:
    request = {"message": message}
    last_id = None

    # 1. Listen to the first three pieces of the answer, then break the connection.
    stream = events("POST", "/v1/agent/run/stream", request)
    pieces = 0
    for event_id, name, data in stream:
        last_id = event_id
        if name == "delta":
            print(data["delta"], end="", flush=True)
            pieces += 1
        if pieces == 3 or name == "done":
            break
    stream.close()

    # 2. Come back, and ask for all that came after what was seen.
    for _, name, data in events("POST", "/v1/agent/run/stream", request, last_id):
        if name == "delta":
            print(data["delta"], end="", flush=True)
        elif name == "done":
            print(f"\n[{data['finishReason']}]")
            break


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "Tell me a story in five sentences.")
