"""Workspaces on this machine's disk."""

from openclaw_rpc.adapters.workspace.local import LocalWorkspaces

__all__ = ("LocalWorkspaces",)
