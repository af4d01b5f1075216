"""Every dialect of sockets there is, in the order in which they are asked."""

from openclaw_rpc.dialects.sockets.base import Choose
from openclaw_rpc.dialects.sockets.jsonrpc import json_rpc

DIALECTS: tuple[Choose, ...] = (json_rpc(),)
