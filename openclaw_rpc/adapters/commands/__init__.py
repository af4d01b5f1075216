"""Programs of this machine, run in bubblewrap where there is one, each under a keeper that ends all it started."""

from openclaw_rpc.adapters.commands.runner import LocalRunner

__all__ = ("LocalRunner",)
