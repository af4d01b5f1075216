"""Whose pages are whose, where they may lead, and when the browser is no longer needed."""

import base64
from collections.abc import Collection
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw_rpc.adapters.workspace.local import LocalWorkspaces
from openclaw_rpc.domain.browser import PICTURE_BYTES, Browsers, BrowserSettings, DriverState, PageState, Wait
from openclaw_rpc.domain.files import Files, FileSettings
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.domain.tools.browser import BrowserTools
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.browser import (
    BrowserClickParams,
    BrowserCloseParams,
    BrowserExecuteParams,
    BrowserNavigateParams,
    BrowserOpenParams,
    BrowserScreenshotParams,
    BrowserSnapshotParams,
    BrowserTypeParams,
)
from openclaw_rpc.protocol.errors import Conflict, Forbidden, InvalidRequest, TooLarge, Unavailable
from openclaw_rpc.protocol.file import FileReadParams
from tests.support.clock import ManualClock
from tests.support.tools import Lines

URL = "http://example.org/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8 + (640).to_bytes(4, "big") + (480).to_bytes(4, "big")


class Driver:
    """A browser of dictionaries."""

    def __init__(self) -> None:
        self.open_pages: dict[str, list[PageState]] = {}
        self.picture = PNG
        self.tree = "- text"
        self.stopped = anyio.Event()
        self.reason: str | None = None
        self.hold: anyio.Event | None = None
        self.entered = anyio.Event()

    def state(self) -> DriverState:
        running = bool(self.open_pages)
        return DriverState(running=running, since=1_700_000_000 if running else None, reason=self.reason)

    def profiles(self) -> Collection[str]:
        return self.open_pages.keys()

    async def pages(self, profile: str) -> list[PageState]:
        return self.open_pages.get(profile, [])

    async def open(self, profile: str, url: str, timeout_ms: int) -> tuple[PageState, int | None]:
        self.entered.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.reason is not None:
            raise Unavailable(self.reason)
        page = PageState(page_id=f"page_{len(self.open_pages)}", url=url, title="T")
        self.open_pages.setdefault(profile, []).append(page)
        return page, 404 if url.endswith("missing") else 200

    async def navigate(
        self, profile: str, page_id: str | None, url: str, wait_until: Wait, timeout_ms: int
    ) -> tuple[PageState, int | None]:
        return await self.open(profile, url, timeout_ms)

    def _page(self, profile: str) -> PageState:
        return self.open_pages[profile][-1]

    async def screenshot(
        self, profile: str, page_id: str | None, selector: str | None, full_page: bool, timeout_ms: int
    ) -> tuple[PageState, bytes]:
        return self._page(profile), self.picture

    async def execute(self, profile: str, page_id: str | None, script: str, timeout_ms: int) -> tuple[PageState, Any]:
        return self._page(profile), script

    async def click(self, profile: str, page_id: str | None, params: BrowserClickParams) -> PageState:
        return self._page(profile)

    async def type(self, profile: str, page_id: str | None, params: BrowserTypeParams) -> PageState:
        return self._page(profile)

    async def snapshot(self, profile: str, page_id: str | None) -> tuple[PageState, str]:
        return self._page(profile), self.tree

    async def close(self, profile: str, page_id: str | None) -> int:
        return len(self.open_pages.pop(profile, ()))

    async def stop(self) -> None:
        self.open_pages.clear()
        self.stopped.set()


class World:
    def __init__(self, **settings: Any) -> None:
        self.driver, self.clock = Driver(), ManualClock()
        self.settings = BrowserSettings(**settings)
        self.browsers = Browsers(lambda: self.settings, self.driver, lambda: OutboundPolicy(()), self.clock, Lines())

    async def open(self, user: str = "ann", profile: str = "default", url: str = URL) -> None:
        await self.browsers.open(user, BrowserOpenParams(url=url, profile=profile))


async def test_users_see_their_own_pages_alone() -> None:
    world = World()
    await world.open("ann")
    await world.open("ann", "work")
    await world.open("bob")
    ann, bob, eve = [await world.browsers.status(user) for user in ("ann", "bob", "eve")]
    assert [page.profile for page in ann.pages] == ["default", "work"]
    assert [page.profile for page in bob.pages] == ["default"]
    assert (eve.pages, eve.status, eve.since) == ([], "running", "2023-11-14T22:13:20.000Z")


async def test_two_users_profiles_of_one_name_are_two() -> None:
    world = World()
    await world.open("ann")
    await world.open("bob")
    assert len(world.driver.profiles()) == 2
    assert (await world.browsers.close("bob", BrowserCloseParams())).closed == 1
    assert len((await world.browsers.status("ann")).pages) == 1


@pytest.mark.parametrize("user", ["../ann", "ann/work", "ann\0", "a" * 300, "аnn"])
async def test_a_users_name_is_no_path(user: str) -> None:
    world = World()
    await world.open(user)
    (folder,) = world.driver.profiles()
    owner, _, profile = folder.partition("/")
    assert len(owner) == 16
    assert owner.isalnum()
    assert profile == "default"
    await world.open("ann")
    assert len(world.driver.profiles()) == 2


async def test_profiles_are_counted_over_all_users() -> None:
    world = World(max_profiles=2)
    await world.open("ann")
    await world.open("bob")
    await world.open("ann")
    with pytest.raises(Conflict) as many:
        await world.open("ann", "work")
    assert (many.value.reason, many.value.field) == ("too_many", "profile")
    await world.browsers.close("bob", BrowserCloseParams())
    await world.open("ann", "work")


async def test_profiles_that_did_not_open_do_not_count() -> None:
    world = World(max_profiles=1)
    world.driver.reason = "no browser"
    for profile in ("a", "b"):
        with pytest.raises(Unavailable):
            await world.open("ann", profile)
    status = await world.browsers.status("ann")
    assert (status.status, status.reason) == ("unavailable", "no browser")


async def test_profiles_that_are_opening_count() -> None:
    world = World(max_profiles=1)
    world.driver.hold = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(world.open, "ann", "a")
        with anyio.fail_after(5):
            await world.driver.entered.wait()
        with pytest.raises(Conflict):
            await world.open("ann", "b")
        world.driver.hold.set()


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "chrome://version", "chrome://crash", "data:text/html,x", "javascript:alert(1)"),
        *("about:blank", "ftp://example.org/", "view-source:http://example.org/", "http://user:secret@example.org/"),
        *("example.org", "x"),
    ],
)
async def test_addresses_that_are_none_of_the_web_are_refused(url: str) -> None:
    world = World()
    for opens in (
        world.browsers.open("ann", BrowserOpenParams(url=url)),
        world.browsers.navigate("ann", BrowserNavigateParams(url=url)),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await opens
        assert refused.value.field == "url"
    assert not world.driver.profiles()


async def test_closed_addresses_are_refused_before_a_browser_starts() -> None:
    world = World()
    with pytest.raises(Forbidden):
        await world.open(url="http://169.254.169.254/latest/meta-data/")
    assert not world.driver.profiles()


async def test_a_page_that_came_with_an_error_is_no_success() -> None:
    world = World()
    found = await world.browsers.open("ann", BrowserOpenParams(url=URL))
    missing = await world.browsers.navigate("ann", BrowserNavigateParams(url=f"{URL}missing"))
    assert (found.success, found.http_status, missing.success, missing.http_status) == (True, 200, False, 404)


async def test_a_picture_says_its_size_and_may_not_be_too_large() -> None:
    world = World()
    await world.open()
    shot = await world.browsers.screenshot("ann", BrowserScreenshotParams())
    assert (shot.mime_type, shot.width, shot.height) == ("image/png", 640, 480)
    world.driver.picture = PNG + b"\0" * PICTURE_BYTES
    with pytest.raises(TooLarge):
        await world.browsers.screenshot("ann", BrowserScreenshotParams())


async def test_a_snapshot_is_cut_where_the_caller_says() -> None:
    world = World()
    await world.open()
    world.driver.tree = "x" * 150
    cut = await world.browsers.snapshot("ann", BrowserSnapshotParams(max_characters=100))
    whole = await world.browsers.snapshot("ann", BrowserSnapshotParams(max_characters=150))
    assert (len(cut.snapshot), cut.truncated, len(whole.snapshot), whole.truncated) == (100, True, 150, False)


async def test_it_stops_when_nobody_has_used_it_for_long_enough() -> None:
    world = World(idle_seconds=0.02)
    async with anyio.create_task_group() as group:
        group.start_soon(world.browsers.stop_when_idle)
        await world.open()
        await anyio.wait_all_tasks_blocked()
        assert world.driver.profiles()
        world.clock.advance(1)
        with anyio.fail_after(5):
            await world.driver.stopped.wait()
        group.cancel_scope.cancel()


async def test_it_does_not_stop_while_it_is_used() -> None:
    world = World(idle_seconds=0.02)
    await world.open()
    world.driver.hold = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(world.browsers.stop_when_idle)
        group.start_soon(world.open)
        world.clock.advance(100)
        with anyio.move_on_after(0.2):
            await world.driver.stopped.wait()
        assert not world.driver.stopped.is_set()
        world.driver.hold.set()
        await anyio.wait_all_tasks_blocked()
        world.clock.advance(1)
        with anyio.fail_after(5):
            await world.driver.stopped.wait()
        group.cancel_scope.cancel()


async def test_a_script_is_handed_on_as_it_is() -> None:
    world = World()
    await world.open()
    assert (await world.browsers.execute("ann", BrowserExecuteParams(script="1 + 41"))).result == "1 + 41"


async def test_an_agents_picture_is_a_file_of_its_users_workspace(tmp_path: Path) -> None:
    world = World()
    await world.open()
    files = Files(LocalWorkspaces(tmp_path / "own", tmp_path / "users"), FileSettings())
    tools = await BrowserTools(world.browsers, files).tools(context("run_1"))
    (shoot,) = [tool for tool in tools if tool.spec.name == "browser_screenshot"]
    shown = await shoot.run({}, context("run_1"))
    told = shown.result
    assert (told["width"], told["height"], "data" in told) == (640, 480, False)
    kept = await files.read("ann", FileReadParams(path=told["path"], encoding="base64"))
    assert base64.b64decode(kept.content) == PNG
    asked_directly = await shoot.run({}, context(""))
    assert base64.b64decode(asked_directly["data"]) == PNG


def context(run_id: str) -> RunContext:
    return RunContext(
        run_id=run_id,
        session_id="s",
        session_key="s",
        user="ann",
        scopes=frozenset({Scope.TOOLS}),
        agent_id="default",
        message="",
        token="t",
    )
