"""A WebSocket-first JSON-RPC control plane for AI agents."""

__version__ = "0.2.0"
