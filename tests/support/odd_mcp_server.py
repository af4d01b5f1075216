"""An MCP server over stdio, of plain bytes, that answers oddly: `odd_mcp_server.py MODE`."""

import json
import os
import sys
import time
from typing import Any

MODE = sys.argv[1]
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = {"type": "image", "data": DOT, "mimeType": "image/png"}
SHAPE = {"type": "object", "properties": {}}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


RESULTS: dict[str, dict[str, Any]] = {
    "plain": {"content": [text("fine")]},
    "structure": {"structuredContent": {"depth": 4}},
    "said_twice": {"content": [text('{"depth": 4}')], "structuredContent": {"depth": 4}},
    "said_more": {"content": [text("four metres, rising")], "structuredContent": {"depth": 4}},
    "failed_structure": {"content": [], "structuredContent": {"why": "low tide"}, "isError": True},
    "picture": {"content": [text("before"), PICTURE, text("after")]},
    "big_picture": {"content": [{**PICTURE, "data": "A" * 400_000}, text("after")]},
    "link": {"content": [{"type": "resource_link", "uri": "file:///a", "name": "a"}]},
}
LINES = {
    "half": b'"result": {"content": [{"type": "text", "text": "a\\ud83d b"}]}}',
    "unreadable": b'"result": {"content": [{"type": "text", "text": "a"',
    "no_result": b'"other": 1}',
}
ODD_TOOLS: list[Any] = [{"name": "no_schema"}, {"description": "no name"}, 7, {"name": "odd", "inputSchema": "text"}]
TASKS = {"name": "only_as_task", "inputSchema": SHAPE, "execution": {"taskSupport": "required"}}
WAITING: dict[str, Any] = {}


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data + b"\n")
    sys.stdout.buffer.flush()


def send(call_id: Any, **answer: Any) -> None:
    write(json.dumps({"jsonrpc": "2.0", "id": call_id, **answer}).encode())


def use(call_id: Any, name: str, token: Any) -> None:
    if name == "die":
        sys.stderr.write("fatal: the tide\n")
        sys.stderr.flush()
        os._exit(3)
    elif name == "server_error":
        send(call_id, error={"code": -32000, "message": "failed", "data": {"hint": "try at noon"}})
    elif name in LINES:
        write(b'{"jsonrpc": "2.0", "id": %s, %s' % (json.dumps(call_id).encode(), LINES[name]))
    elif name == "ask":
        wants = {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}
        asked = {"message": "Burn the nets?", "requestedSchema": wants}
        question = {"jsonrpc": "2.0", "id": f"q{call_id}", "method": "elicitation/create", "params": asked}
        write(json.dumps(question).encode())
        WAITING[f"q{call_id}"] = call_id
    elif name == "slow":
        for step in range(8):
            params = {"progressToken": token, "progress": step}
            write(json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}).encode())
            time.sleep(0.15)
        send(call_id, result=RESULTS["plain"])
    else:
        send(call_id, result=RESULTS[name])


for line in sys.stdin.buffer:
    message = json.loads(line)
    if message.get("id") in WAITING:
        said = {"type": "text", "text": json.dumps(message.get("result"))}
        send(WAITING.pop(message["id"]), result={"content": [said]})
        continue
    number, method, params = message.get("id"), message.get("method"), message.get("params") or {}
    if method == "initialize":
        about = {"name": "odd", "version": "1"}
        able = {} if MODE == "no-tools" else {"tools": {}}
        send(number, result={"protocolVersion": "2025-06-18", "capabilities": able, "serverInfo": about})
    elif method == "tools/list" and MODE != "no-tools":
        names = [*RESULTS, *LINES, "server_error", "die", "slow", "ask"]
        listed = [{"name": name, "description": "d", "inputSchema": SHAPE} for name in names]
        send(number, result={"tools": [*listed, *ODD_TOOLS, TASKS] if MODE == "odd-tools" else listed})
    elif method == "tools/call":
        use(number, params["name"], (params.get("_meta") or {}).get("progressToken"))
    elif method == "ping":
        send(number, result={})
    elif method and number is not None:
        send(number, error={"code": -32601, "message": "Method not found"})
