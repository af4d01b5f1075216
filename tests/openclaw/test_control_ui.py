"""OpenClaw's Control UI in a real browser, served by this gateway from where npm put it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.dashboard.conftest import chromium  # noqa: F401
from tests.openclaw import clients
from tests.support.dashboard import tab
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

pytestmark = [clients.here, pytest.mark.timeout(180)]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url, control_ui={"root": str(clients.CONTROL_UI)})
        async with gateway({**config, "security": {"policies": {"file_list": "ask"}}}) as running:
            yield running


@asynccontextmanager
async def page(browser: Any, served: TestGateway) -> AsyncGenerator[Any]:
    """The page, signed in by the token in its address, which never reaches a server."""
    async with tab(browser) as shown:
        await shown.goto(f"{served.url}/openclaw/#token={TOKEN}")
        await composer(shown).wait_for()
        yield shown


def composer(shown: Any) -> Any:
    return shown.get_by_role("textbox", name="Chat composer")


async def say(shown: Any, text: str) -> None:
    await composer(shown).fill(text)
    await composer(shown).press("Enter")


def paragraph(shown: Any, text: str) -> Any:
    return shown.get_by_role("paragraph").filter(has_text=text)


async def test_it_signs_in_and_a_turn_is_shown(served: TestGateway, chromium: Any) -> None:  # noqa: F811
    async with page(chromium, served) as shown:
        await say(shown, "hello there")
        await paragraph(shown, "echo: hello there").wait_for()
        assert TOKEN not in shown.url


@clients.whole
async def test_an_answer_goes_on_after_a_reload_and_is_shown_once(served: TestGateway, chromium: Any) -> None:  # noqa: F811
    async with page(chromium, served) as shown:
        await say(shown, "the first one")
        await paragraph(shown, "echo: the first one").wait_for()
        await say(shown, "[[slow:60,80]]")
        await paragraph(shown, "w5 w6").wait_for()
        await shown.reload()
        await paragraph(shown, "w0 w1").wait_for()
        await paragraph(shown, "w58 w59").wait_for()
        await paragraph(shown, "echo: the first one").wait_for()
        assert await paragraph(shown, "w58 w59").count() == 1
        # Nothing but the device's token, which it keeps, brings it in again.
        await shown.reload()
        await paragraph(shown, "w58 w59").wait_for()
        async with served.connect() as owner:
            (device,) = (await owner.result("device.list"))["devices"]
            assert device["client"] == "openclaw-control-ui"
            await owner.result("device.revoke", deviceId=device["deviceId"])


@clients.whole
async def test_a_call_that_waits_is_approved_in_it(served: TestGateway, chromium: Any) -> None:  # noqa: F811
    async with page(chromium, served) as shown:
        await say(shown, '[[tool:file_list {"path": "/"}]]')
        await shown.get_by_role("button", name="Allow once").first.click()
        await paragraph(shown, "tool said:").wait_for()


@clients.whole
async def test_sessions_are_listed_and_opened(served: TestGateway, chromium: Any) -> None:  # noqa: F811
    async with served.connect() as client:
        await client.chat("about rivers", sessionKey="rivers")
    async with page(chromium, served) as shown:
        await shown.get_by_text("rivers", exact=True).first.click()
        await paragraph(shown, "echo: about rivers").wait_for()
