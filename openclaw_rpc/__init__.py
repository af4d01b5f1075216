"""A WebSocket-first JSON-RPC control plane for AI agents."""

__version__ = "0.3.0"
