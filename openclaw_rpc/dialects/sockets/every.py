"""Every dialect of sockets there is, in the order in which they are asked."""

from openclaw_rpc.dialects.sockets.base import Choose
from openclaw_rpc.dialects.sockets.jsonrpc import json_rpc
from openclaw_rpc.dialects.sockets.messages import messages
from openclaw_rpc.dialects.sockets.openclaw_v4.dialect import openclaw

DIALECTS: tuple[Choose, ...] = (openclaw(), messages(), json_rpc())
