"""Every dialect of sockets there is, in the order in which they are asked."""

from openclaw_rpc.dialects.sockets.base import Choose
from openclaw_rpc.dialects.sockets.jsonrpc import json_rpc
from openclaw_rpc.dialects.sockets.messages import messages
from openclaw_rpc.dialects.sockets.openclaw_v4.dialect import openclaw


def dialects(base_path: str) -> tuple[Choose, ...]:
    """``base_path``: where everybody speaks as OpenClaw's clients do."""
    return openclaw(base_path), messages(), json_rpc()
