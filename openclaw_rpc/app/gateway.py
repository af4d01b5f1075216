"""A gateway's life: started, listening, and stopped."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

import anyio

from openclaw_rpc.adapters.logs import configure_logs
from openclaw_rpc.adapters.supervisor import Supervisor
from openclaw_rpc.app.assembly import Gateway, assembled
from openclaw_rpc.app.options import Options
from openclaw_rpc.config.dotenv import exposed
from openclaw_rpc.config.node_file import NodeFile
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.transports.http.health import Phase


class App:
    """A gateway before, while and after it runs; `running` makes its parts."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.paths = Paths.find(options.environ, options.config).of_worker(options.worker)
        self.file = NodeFile(self.paths.config, options.environ, home=self.paths.home, overrides=options.overrides())
        self.file.load()
        self.started = time.monotonic()
        self.phase: Phase = "starting"
        self.stop_reason = "the gateway was asked to stop"
        """What the log says of its stop."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.file.settings

    def fenced(self, gateway: Gateway) -> None:
        """The other nodes took this one for dead: all that it holds is theirs, and it begins anew."""
        if self.phase == "ready":
            self.phase = "draining"
            self.options.fenced(gateway.addresses[0][1])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Gateway]:
        """Listen; on leaving, stop gracefully."""
        self.paths.prepare()
        async with AsyncExitStack() as stack:
            logs = configure_logs(self.settings, self.paths, terminal=self.options.terminal)
            stack.callback(logs.close)
            log = self.file.log = logs.get("gateway")
            if (mode := exposed(self.paths.home)) is not None:
                log.warning(".env can be read by others", mode=f"{mode:04o}", should_be="0600")
            try:
                async with AsyncExitStack() as parts:
                    gateway = await assembled(self, parts, logs, log)
                    async with self._serving(gateway):
                        yield gateway
            except BaseException as error:
                log.error("the gateway stopped", reason=repr(cause_of(error)), exc_info=True)
                raise
            log.info("the gateway stopped", reason=self.stop_reason)

    @asynccontextmanager
    async def _serving(self, gateway: Gateway) -> AsyncGenerator[None]:
        supervisor = Supervisor(self.options.environ)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(gateway.serving())
            if not self.options.sockets:
                stack.enter_context(self.paths.announced(gateway.url))
            if supervisor.watchdog is not None:
                gateway.chores.start("watchdog", supervisor.watch)
            self.phase = "ready"
            supervisor.ready(f"listening at {gateway.url}")
            addresses = [f"{host}:{port}" for host, port in gateway.addresses]
            gateway.log.info("listening", addresses=addresses, model=gateway.servers.shown)
            try:
                yield
            finally:
                self.phase = "draining"
                supervisor.stopping()
                with anyio.CancelScope(shield=True):
                    await gateway.stop()


def cause_of(error: BaseException) -> BaseException:
    """What went wrong in a task group: its first error; the others follow from it."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
