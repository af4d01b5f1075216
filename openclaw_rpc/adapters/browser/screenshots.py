"""Pictures of pages, bounded before they are taken: a page says itself how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openclaw_rpc.adapters.browser.faults import asked
from openclaw_rpc.protocol.errors import TooLarge

if TYPE_CHECKING:
    from playwright.async_api import Page

MOST_PIXELS: Final = 64_000_000
LONGEST_SIDE: Final = 16_384
"""More than that, Chromium draws no more."""
SIZE: Final = """() => {
  const [root, body] = [document.documentElement, document.body || document.documentElement];
  return [Math.max(root.scrollWidth, body.scrollWidth), Math.max(root.scrollHeight, body.scrollHeight)];
}"""


async def take(page: Page, selector: str | None, full_page: bool, timeout_ms: int) -> bytes:
    """A PNG of the first element that fits ``selector``, of the whole page, or of what is in view.

    Raises:
        InvalidRequest: the selector is none. Timeout: nothing fits it, or the page does not answer.
        TooLarge: it would have more pixels than a picture may.
    """
    if selector is not None:
        element = page.locator(selector).first
        box = await asked(element.bounding_box(timeout=timeout_ms), "selector", timeout_ms)
        if box is not None:
            _check(box["width"], box["height"], "selector")
        picture = element.screenshot(type="png", timeout=timeout_ms)
        return await asked(picture, "selector", timeout_ms)
    if full_page:
        width, height = await asked(page.evaluate(SIZE), "fullPage", timeout_ms)
        _check(width, height, "fullPage")
    return await asked(page.screenshot(type="png", full_page=full_page, timeout=timeout_ms), "fullPage", timeout_ms)


def _check(width: float, height: float, field: str) -> None:
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise TooLarge(
            f"it has {width:.0f} x {height:.0f} pixels; take an element of it, or what is in view",
            field=field,
            reason="pixels",
            limit=MOST_PIXELS,
        )
