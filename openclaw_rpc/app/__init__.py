"""The wiring: a configuration becomes a gateway that listens. The one place that knows concrete classes."""

from openclaw_rpc.app.gateway import App
from openclaw_rpc.app.options import Options

__all__ = ["App", "Options"]
