"""Connections to the outside on somebody's behalf: each address is judged at the moment it is connected to."""

from openclaw_rpc.adapters.outbound.fetching import GuardedFetcher
from openclaw_rpc.adapters.outbound.session import ClosedAddress, guarded_session

__all__ = ("ClosedAddress", "GuardedFetcher", "guarded_session")
