"""The wiring: a configuration becomes a gateway that listens. The one place that knows concrete classes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openclaw_rpc.app.assembly import Gateway
    from openclaw_rpc.app.gateway import App, cause_of
    from openclaw_rpc.app.options import Options

__all__ = ["App", "Gateway", "Options", "cause_of"]


def __getattr__(name: str) -> Any:
    """A gateway's parts are imported when one is started: the command line uses `local` without them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from openclaw_rpc.adapters.tls import without_certificates

    with without_certificates():
        import_module("aiohttp")  # first of all, so that no other import reads the certificates
    return getattr(import_module(f"{__name__}.{'options' if name == 'Options' else 'gateway'}"), name)
