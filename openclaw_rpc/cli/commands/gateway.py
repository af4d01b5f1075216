"""`openclaw gateway`: the gateway in the foreground, until it is told to stop."""

import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openclaw_rpc.cli.banner import announce, facts, say
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import offline_command, shared
from openclaw_rpc.cli.output import is_terminal
from openclaw_rpc.cli.program import program

if TYPE_CHECKING:
    from openclaw_rpc.app import App

SWITCH_SECONDS = 0.001
ANEW_SECONDS = 2.0
"""How long a node that begins anew waits where its database can't be used, before it tries again."""
MOST_WORKERS = 64
LEVELS = ("debug", "info", "warn", "error")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="In place of gateway.port; 0: any free one.")
@click.option("--bind", metavar="ADDRESS", help="In place of gateway.bind: 127.0.0.1, ::1, 0.0.0.0 …")
@click.option("--log-level", type=click.Choice(LEVELS), help="In place of logging.level.")
@click.option("--typed-as", metavar="COMMAND", hidden=True, help="How hints name this program.")
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=1,
    metavar="N",
    help="How many processes serve the port; more than one need PostgreSQL and Redis. SIGHUP restarts them one by one.",
)
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends.")
@click.option("--anew", is_flag=True, hidden=True, help="It was a node before: wait until its database answers.")
@click.option("--worker", hidden=True, help="NUMBER:DESCRIPTORS:NODE of one of several processes.")
@offline_command
@click.pass_context
def gateway(
    ctx: click.Context, port: int | None, bind: str | None, log_level: str | None, workers: int, **hidden: Any
) -> None:
    """Start the gateway, and stay in the foreground.

    It says where it listens and which model answers. SIGTERM and Ctrl-C stop it gracefully: runs get
    gateway.shutdown_seconds to end. A second Ctrl-C stops it at once; nothing that was acknowledged is lost.
    """
    options = shared(ctx)
    chosen: dict[str, Any] = {
        "config": _file(options.config),
        "port": port,
        "bind": bind,
        "log_level": log_level,
        "terminal": is_terminal(sys.stderr),
        "program": hidden["typed_as"] or program(),
    }
    worker: str | None = hidden["worker"]
    if workers > 1:
        from openclaw_rpc.app.options import Options as Said
        from openclaw_rpc.cli.workers import serve

        ctx.exit(serve(workers, Said(**chosen), as_json=options.json))
    # Importing makes no garbage, but very many objects, which collections would look at again and again.
    gc.disable()
    from openclaw_rpc.app import App, Options
    from openclaw_rpc.domain.kept import StorageUnusable
    from openclaw_rpc.protocol.errors import Unavailable

    gc.freeze()
    gc.enable()
    # The threads that write to disk wait this long for the loop's lock; Python's own 5 ms make every write slow.
    sys.setswitchinterval(SWITCH_SECONDS)
    if worker is None:
        app = App(Options(**chosen, fenced=_begin_anew))
    else:
        number, descriptors, node = worker.split(":", 2)
        sockets = [int(descriptor) for descriptor in descriptors.split(",")]
        app = App(Options(**chosen, worker=int(number), node=node, sockets=sockets, fenced=_end))
    _check_tls(app)
    if hidden["with_parent"]:
        threading.Thread(target=_until_the_parent_ends, name="parent", daemon=True).start()
    try:
        _serve(app, json=options.json, alone=worker is None)
    except (StorageUnusable, Unavailable) as error:
        if not hidden["anew"]:
            raise
        say(f"{error} Trying again in {ANEW_SECONDS:g} s.")
        time.sleep(ANEW_SECONDS)
        _begin_anew(port or 0)


def _end(port: int) -> None:
    """End at once where a parent starts a successor; see `_begin_anew`."""
    os._exit(1)


def _begin_anew(port: int) -> None:
    """Be a new process in place of this one, which stood still for so long that the others took it for dead.

    Nothing that it holds is its own any more, and nothing of it may be said: its connections end with it.
    """
    words = sys.orig_argv[1:] if "--anew" in sys.orig_argv else [*sys.orig_argv[1:], "--anew", "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606


def _file(path: Path | None) -> Path | None:
    """A file that was named must be there: the defaults are not what was asked for."""
    if path is not None and not path.exists():
        raise CliError(f"{path} is not there.", hint="--config names another gateway.yaml.")
    return path


def _check_tls(app: "App") -> None:
    if app.settings.gateway.tls.certificate is None:
        return
    from openclaw_rpc.cli.checks.gateway import tls_problem

    problem = tls_problem(app.settings.gateway)
    if problem is not None:
        raise CliError(f"{app.paths.config}: gateway.tls: {problem}", hint="openclaw doctor checks it again.")


def _serve(app: "App", *, json: bool, alone: bool) -> None:
    """Run until a signal comes. Where a parent started others beside it, that says what there is to say."""
    import anyio

    fast = sys.platform != "win32" and find_spec("uvloop") is not None
    with suppress(KeyboardInterrupt):  # only where signals can't be received otherwise
        try:
            anyio.run(_run, app, json, alone, backend_options={"use_uvloop": fast})
        except BaseExceptionGroup as group:
            from openclaw_rpc.app import cause_of

            raise cause_of(group) from group


async def _run(app: "App", json: bool, alone: bool) -> None:
    import anyio

    if sys.platform == "win32":
        async with app.running() as gateway:
            announce(facts(gateway), json=json)
            await anyio.sleep_forever()
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as watch:

            async def at_once() -> None:
                async for _ in signals:
                    say("Stopped at once.")
                    os._exit(1)

            async with app.running() as gateway:
                announce(facts(gateway), json=json)
                app.stop_reason = f"it was sent {signal.Signals(await anext(aiter(signals))).name}"
                if alone:
                    say("Stopping once the runs have ended; a second signal (Ctrl-C) stops at once.")
                watch.start_soon(at_once)
            watch.cancel_scope.cancel()


def _until_the_parent_ends() -> None:
    """Wait for the end of standard input, which comes with the end of whoever started us."""
    with suppress(OSError):
        # not sys.stdin: a thread inside its buffer at the end of the process would bring the interpreter down
        while os.read(0, 4096):
            pass
    signal.raise_signal(signal.SIGINT) if sys.platform == "win32" else os.kill(os.getpid(), signal.SIGTERM)
