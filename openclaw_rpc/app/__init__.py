"""The wiring: a configuration becomes a gateway that listens. The one place that knows concrete classes."""

from importlib import import_module

from openclaw_rpc.adapters.tls import without_certificates

with without_certificates():
    import_module("aiohttp")  # first of all, so that no other import reads the certificates

from openclaw_rpc.app.gateway import App, cause_of
from openclaw_rpc.app.options import Options

__all__ = ["App", "Options", "cause_of"]
