"""What a forked command finds imported: every command, and what most of them import when they are run."""

import pkgutil
from importlib import import_module

from openclaw_rpc.cli import commands

for found in pkgutil.iter_modules(commands.__path__, f"{commands.__name__}."):
    import_module(found.name)
for name in (
    "openclaw._socket",
    "openclaw_rpc.app.migration",
    "openclaw_rpc.app.storage",
    "openclaw_rpc.cli.checks.models",
):
    import_module(name)
