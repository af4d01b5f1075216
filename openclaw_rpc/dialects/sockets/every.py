"""Every dialect of sockets there is, in the order in which they are asked."""

from openclaw_rpc.dialects.sockets.base import Choose
from openclaw_rpc.dialects.sockets.jsonrpc import json_rpc
from openclaw_rpc.dialects.sockets.messages import messages

DIALECTS: tuple[Choose, ...] = (messages(), json_rpc())
