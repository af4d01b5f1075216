"""An MCP server, of plain lines, that asks for a value of every kind while its tool is in use."""

import json
import sys
from typing import Any

CHOICES = [{"const": "w", "title": "Water"}, {"const": "c", "title": "Current"}]
PROPERTIES = {
    "place": {"type": "string", "title": "Berth", "maxLength": 20},
    "nights": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
    "side": {"type": "string", "enum": ["p", "s"], "enumNames": ["Port", "Starboard"]},
    "extras": {"type": "array", "items": {"anyOf": CHOICES}},
    "insured": {"type": "boolean"},
    "mail": {"type": "string", "format": "email"},
}
WANTS = {"type": "object", "properties": PROPERTIES, "required": ["place", "side"]}


def send(**message: Any) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


using = None
for line in sys.stdin:
    message = json.loads(line)
    call_id, method = message.get("id"), message.get("method")
    if method == "initialize":
        about = {"name": "harbour", "version": "1"}
        send(id=call_id, result={"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": about})
    elif method == "tools/list":
        send(id=call_id, result={"tools": [{"name": "moor", "description": "Moor", "inputSchema": {"type": "object"}}]})
    elif method == "tools/call":
        using = call_id
        send(id="ask", method="elicitation/create", params={"message": "Which <b>berth</b>?", "requestedSchema": WANTS})
    elif call_id == "ask":
        send(id=using, result={"content": [{"type": "text", "text": json.dumps(message["result"], sort_keys=True)}]})
    elif call_id is not None:
        send(id=call_id, error={"code": -32601, "message": "Method not found"})
