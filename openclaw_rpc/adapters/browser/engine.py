"""The browser's processes: Playwright, the guarded proxy, and a Chromium a profile. Started when first needed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openclaw_rpc.adapters.browser.faults import first_line
from openclaw_rpc.adapters.browser.installed import NO_BROWSER, look
from openclaw_rpc.adapters.browser.profile import OpenProfile
from openclaw_rpc.adapters.browser.proxy import GuardedProxy
from openclaw_rpc.domain.browser import BrowserSettings, DriverState
from openclaw_rpc.protocol.errors import Unavailable

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright

ARGUMENTS: Final = (
    "--disable-background-networking",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--disk-cache-size=67108864",
    # WebRTC would send UDP past the proxy.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    # It tells Google of its start and of each form it sees. It connects to port 1 for nobody.
    "--gaia-url=http://127.0.0.1:1",
    "--autofill-server-url=http://127.0.0.1:1/",
)
ENVIRONMENT: Final = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "SYSTEMROOT", "LOCALAPPDATA"),
    *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "FONTCONFIG_PATH", "FONTCONFIG_FILE"),
)
"""What a browser is told of the gateway's environment: no keys, no tokens."""
START_MS: Final = 30_000
STOP_SECONDS: Final = 10.0


class Engine:
    """Profiles by their names, which are folders below ``folder``."""

    def __init__(
        self,
        settings: Callable[[], BrowserSettings],
        folder: Path,
        proxy: GuardedProxy,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.profiles: dict[str, OpenProfile] = {}
        self._settings = settings
        self._folder = folder
        self._proxy = proxy
        self._environ = environ
        self._address = ""
        self._playwright: Playwright | None = None
        self._version: str | None = None
        self._since: float | None = None
        self._launching: dict[str, asyncio.Task[OpenProfile]] = {}
        self._lock = asyncio.Lock()

    def state(self) -> DriverState:
        """Which browser there is."""
        executable, reason = look(self._settings())
        running = self._playwright is not None
        return DriverState(
            running=running,
            executable=executable,
            version=self._version,
            reason=reason,
            since=self._since if running else None,
        )

    async def profile(self, name: str) -> OpenProfile:
        """An open profile. Its start goes on where whoever waits for it gives up: half of one is of no use.

        Raises:
            Unavailable: there is no browser, no Playwright, or it does not start.
        """
        known = self.profiles.get(name)
        if known is not None and await known.alive():
            return known
        if known is not None:
            await self._bury()
        task = self._launching.get(name)
        if task is None:
            task = self._launching[name] = asyncio.create_task(self._start(name))
            task.add_done_callback(lambda done: self._started(name, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise Unavailable("the browser was stopped", reason="no_start") from None
            raise

    async def close(self, name: str) -> None:
        """Close a profile; with the last one the browser ends."""
        profile = self.profiles.pop(name, None)
        if profile is not None:
            async with self._lock:
                await _close(profile)
        if not self.profiles and not self._launching:
            await self.stop()

    async def stop(self) -> None:
        """End all processes."""
        for task in list(self._launching.values()):
            task.cancel()
        profiles, self.profiles = self.profiles, {}
        async with self._lock:
            for profile in profiles.values():
                await _close(profile)
            await self._abandon()

    async def _bury(self) -> None:
        """Forget the profiles that no longer answer; begin anew where all of them are gone."""
        known = list(self.profiles.items())
        answers = await asyncio.gather(*(profile.alive() for _, profile in known))
        for (name, profile), alive in zip(known, answers, strict=True):
            if not alive:
                self._lost(name, profile)
        async with self._lock:
            if not self.profiles:
                await self._abandon()

    def _started(self, name: str, task: asyncio.Task[OpenProfile]) -> None:
        if self._launching.get(name) is task:
            del self._launching[name]
        if not task.cancelled():
            task.exception()  # retrieved: nobody may be waiting any more

    async def _start(self, name: str) -> OpenProfile:
        executable, reason = look(self._settings())
        if reason is not None or executable is None:
            raise Unavailable(reason or NO_BROWSER, reason="no_browser")
        async with self._lock:
            try:
                context = await self._launch(name, executable)
            except Exception as error:
                if not self.profiles:
                    await self._abandon()
                raise Unavailable(f"the browser did not start: {first_line(error)}", reason="no_start") from None
            profile = self.profiles[name] = OpenProfile(context, lambda: self._settings().max_pages)
            context.on("close", lambda _: self._lost(name, profile))
            for page in context.pages:
                await page.close()
            return profile

    async def _launch(self, name: str, executable: str) -> BrowserContext:
        if self._playwright is None:
            from playwright.async_api import async_playwright  # a node process; only where a browser is used

            manager = async_playwright()
            self._playwright = await manager.start()
            _hush(manager)
            self._address = await self._proxy.start()
            self._since = time.time()
        settings = self._settings()
        folder = self._folder / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        environ: dict[str, str | float | bool] = {
            key: value for key in ENVIRONMENT if (value := self._environ.get(key)) is not None
        }
        context = await self._playwright.chromium.launch_persistent_context(
            folder,
            executable_path=executable,
            headless=settings.headless,
            # Chromium's own sandbox refuses to run as root.
            chromium_sandbox=not root,
            args=list(ARGUMENTS),
            env=environ,
            # The gateway stops the browser itself, in order.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            accept_downloads=False,
            viewport={"width": settings.width, "height": settings.height},
            proxy={
                "server": self._address,
                "username": self._proxy.username,
                "password": self._proxy.password,
                # Without it, loopback would be reached directly.
                "bypass": "<-loopback>",
            },
            timeout=START_MS,
        )
        if context.browser is not None:
            self._version = context.browser.version
        return context

    async def _abandon(self) -> None:
        """End Playwright and the proxy, also where Playwright's own process is gone; the next start begins anew."""
        playwright, self._playwright = self._playwright, None
        self._since = None
        if playwright is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(STOP_SECONDS):
                    await playwright.stop()
        await self._proxy.stop()

    def _lost(self, name: str, profile: OpenProfile) -> None:
        if self.profiles.get(name) is profile:
            del self.profiles[name]


async def _close(profile: OpenProfile) -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(STOP_SECONDS):
            await profile.context.close()


def _hush(manager: object) -> None:
    """Take note of what Playwright notes for nobody when its process is killed, so that asyncio does not complain."""
    transport: object = getattr(getattr(manager, "_client", None), "_transport", None)
    failure: asyncio.Future[None] | None = getattr(transport, "on_error_future", None)
    if failure is not None:
        failure.add_done_callback(_heard)


def _heard(failure: asyncio.Future[None]) -> None:
    if not failure.cancelled():
        failure.exception()
