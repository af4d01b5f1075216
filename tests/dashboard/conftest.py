"""One browser for all tests of the dashboard; each has a gateway and a profile of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.support.browser import CHROMIUM, MISSING
from tests.support.dashboard import SECONDS


@pytest.fixture(scope="session")
async def chromium(anyio_backend: Any) -> AsyncGenerator[Any]:
    """A Chromium that runs."""
    if MISSING:
        pytest.skip(MISSING)
    from playwright.async_api import async_playwright, expect

    expect.set_options(timeout=SECONDS)
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=quiet)
        try:
            yield browser
        finally:
            await browser.close()
