"""`openclaw gateway --workers N`: what must hold for it, and the processes that are started."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from openclaw_rpc.app.options import Options
from openclaw_rpc.app.workers import BACKLOG, Supervisor, Workers
from openclaw_rpc.cli.banner import announce, say
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.config.node_file import NodeFile
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.settings import Settings, node_name
from openclaw_rpc.transports.sockets import activated, bind

LATE_SECONDS = 10.0
"""How much longer than gateway.shutdown_seconds a worker may take to end."""


def serve(count: int, options: Options, *, as_json: bool) -> int:
    """Have ``count`` processes serve the port that the settings name until it is told to stop. Answers the exit code.

    Raises:
        CliError: several processes are not one gateway with these settings, or not on this system.
        ConfigError: `gateway.yaml` is not valid.
        CannotListenError: the port can't be had.
    """
    paths = Paths.find(options.environ, options.config)
    settings = NodeFile(paths.config, options.environ, home=paths.home, overrides=options.overrides()).load()
    check(settings)
    gateway = settings.gateway
    given = activated(options.environ, os.getpid())
    # Those that systemd opened are shared by all; else each has its own, and the kernel deals out the connections.
    first = given or bind(gateway.bind, gateway.port, reuse_port=True)
    port = int(first[0].getsockname()[1])
    others = [first if given else bind(gateway.bind, port, reuse_port=True) for _ in range(count - 1)]
    sockets = [first, *others]
    for own in sockets:
        for sock in own:
            sock.listen(BACKLOG)
    name = node_name(settings)

    def command(number: int, descriptors: Sequence[int]) -> list[str]:
        which = f"{number}:{','.join(map(str, descriptors))}:{name}-{number}"
        said = ["--workers", "1", "--json", "--with-parent", "--port", str(port), "--worker", which]
        return [sys.executable, *sys.orig_argv[1:], *said]

    paths.prepare()
    with ExitStack() as stack:
        told = _Told(count, lambda url: stack.enter_context(paths.announced(url)), as_json=as_json)
        supervisor = Supervisor(options.environ)
        stop_seconds = gateway.shutdown_seconds + LATE_SECONDS
        return Workers(sockets, command, told, stop_seconds=stop_seconds, supervisor=supervisor).run()


def check(settings: Settings) -> None:
    """See that several processes are one gateway.

    Raises:
        CliError: they are not; it names what is missing.
    """
    if sys.platform == "win32":
        raise CliError("--workers needs SO_REUSEPORT, which Windows does not have.", exit_code=2)
    missing = [
        name
        for name, given in (("storage.url", settings.storage.postgres), ("bus.url", settings.bus.url))
        if given is None
    ]
    if missing:
        raise CliError(
            "--workers needs storage.url (PostgreSQL) and bus.url (Redis), by which several processes are one gateway; "
            f"missing: {', '.join(missing)}.",
            hint="Set storage.url to postgresql://… and bus.url to redis://… in gateway.yaml, or leave --workers out.",
            exit_code=2,
        )


class _Told:
    """Says it where the gateway itself would."""

    def __init__(self, count: int, announce: Callable[[str], None], *, as_json: bool) -> None:
        self._count = count
        self._announce = announce
        self._as_json = as_json

    def ready(self, line: bytes) -> None:
        """What the first worker said of itself holds for all."""
        found = json.loads(line) | {"workers": self._count}
        self._announce(found["url"])
        announce(found, json=self._as_json)

    def note(self, text: str) -> None:
        """For whoever looks at the terminal or the journal."""
        say(text)
