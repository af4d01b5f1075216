"""`browser.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Browser:
    """`browser.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def status(
        self,
        *,
        timeout: float | None = None,
    ) -> types.BrowserStatus:
        """Whether there is a browser, and which pages are open.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("browser.status", types.BrowserStatusParams(), types.BrowserStatus, timeout)

    def open(
        self,
        *,
        url: str,
        pin: str | None = None,
        profile: str = "default",
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserNavigated:
        """Open a page. Starts the browser if it does not run.

        Args:
            url: http or https.
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return self._client.request("browser.open", types.BrowserOpenParams(url=url, pin=pin, profile=profile, timeout_ms=timeout_ms), types.BrowserNavigated, timeout)

    def navigate(
        self,
        *,
        url: str,
        pin: str | None = None,
        profile: str = "default",
        page_id: str | None = None,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] = "load",
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserNavigated:
        """Navigate the page that was used last to another address; open one if no page is open.

        Args:
            url: http or https.
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            wait_until: When the element counts as found.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return self._client.request("browser.navigate", types.BrowserNavigateParams(url=url, pin=pin, profile=profile, page_id=page_id, wait_until=wait_until, timeout_ms=timeout_ms), types.BrowserNavigated, timeout)

    def screenshot(
        self,
        *,
        pin: str | None = None,
        selector: str | None = None,
        full_page: bool = False,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserPicture:
        """A screenshot of a page, as PNG.

        Args:
            pin: The PIN that was set with `openclaw pin set`.
            selector: CSS, or another of Playwright's selector engines.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, too_large, unauthorized.
        """
        return self._client.request("browser.screenshot", types.BrowserScreenshotParams(pin=pin, selector=selector, full_page=full_page, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserPicture, timeout)

    def execute(
        self,
        *,
        script: str,
        pin: str | None = None,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserExecuted:
        """Run JavaScript in a page.

        Args:
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, too_large, unauthorized.
        """
        return self._client.request("browser.execute", types.BrowserExecuteParams(script=script, pin=pin, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserExecuted, timeout)

    def click(
        self,
        *,
        selector: str,
        pin: str | None = None,
        button: Literal["left", "middle", "right"] = "left",
        count: int = 1,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserPage:
        """Click an element.

        Args:
            selector: CSS, or another of Playwright's selector engines.
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return self._client.request("browser.click", types.BrowserClickParams(selector=selector, pin=pin, button=button, count=count, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserPage, timeout)

    def type(
        self,
        *,
        selector: str,
        text: str,
        pin: str | None = None,
        clear: bool = True,
        submit: bool = False,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserPage:
        """Type into an element.

        Args:
            selector: CSS, or another of Playwright's selector engines.
            pin: The PIN that was set with `openclaw pin set`.
            clear: Empty the field first.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return self._client.request("browser.type", types.BrowserTypeParams(selector=selector, text=text, pin=pin, clear=clear, submit=submit, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserPage, timeout)

    def snapshot(
        self,
        *,
        pin: str | None = None,
        profile: str = "default",
        page_id: str | None = None,
        max_characters: int = 50000,
        timeout: float | None = None,
    ) -> types.BrowserSnapshot:
        """A page in words, as assistive technology reads it.

        Args:
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return self._client.request("browser.snapshot", types.BrowserSnapshotParams(pin=pin, profile=profile, page_id=page_id, max_characters=max_characters), types.BrowserSnapshot, timeout)

    def close(
        self,
        *,
        profile: str = "default",
        page_id: str | None = None,
        timeout: float | None = None,
    ) -> types.BrowserClosed:
        """Close a page, or a profile with all its pages; what the profile keeps on disk stays.

        Args:
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("browser.close", types.BrowserCloseParams(profile=profile, page_id=page_id), types.BrowserClosed, timeout)


class AsyncBrowser:
    """`browser.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def status(
        self,
        *,
        timeout: float | None = None,
    ) -> types.BrowserStatus:
        """Whether there is a browser, and which pages are open.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("browser.status", types.BrowserStatusParams(), types.BrowserStatus, timeout)

    async def open(
        self,
        *,
        url: str,
        pin: str | None = None,
        profile: str = "default",
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserNavigated:
        """Open a page. Starts the browser if it does not run.

        Args:
            url: http or https.
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return await self._client.request("browser.open", types.BrowserOpenParams(url=url, pin=pin, profile=profile, timeout_ms=timeout_ms), types.BrowserNavigated, timeout)

    async def navigate(
        self,
        *,
        url: str,
        pin: str | None = None,
        profile: str = "default",
        page_id: str | None = None,
        wait_until: Literal["commit", "domcontentloaded", "load", "networkidle"] = "load",
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserNavigated:
        """Navigate the page that was used last to another address; open one if no page is open.

        Args:
            url: http or https.
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            wait_until: When the element counts as found.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return await self._client.request("browser.navigate", types.BrowserNavigateParams(url=url, pin=pin, profile=profile, page_id=page_id, wait_until=wait_until, timeout_ms=timeout_ms), types.BrowserNavigated, timeout)

    async def screenshot(
        self,
        *,
        pin: str | None = None,
        selector: str | None = None,
        full_page: bool = False,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserPicture:
        """A screenshot of a page, as PNG.

        Args:
            pin: The PIN that was set with `openclaw pin set`.
            selector: CSS, or another of Playwright's selector engines.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, too_large, unauthorized.
        """
        return await self._client.request("browser.screenshot", types.BrowserScreenshotParams(pin=pin, selector=selector, full_page=full_page, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserPicture, timeout)

    async def execute(
        self,
        *,
        script: str,
        pin: str | None = None,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserExecuted:
        """Run JavaScript in a page.

        Args:
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, too_large, unauthorized.
        """
        return await self._client.request("browser.execute", types.BrowserExecuteParams(script=script, pin=pin, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserExecuted, timeout)

    async def click(
        self,
        *,
        selector: str,
        pin: str | None = None,
        button: Literal["left", "middle", "right"] = "left",
        count: int = 1,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserPage:
        """Click an element.

        Args:
            selector: CSS, or another of Playwright's selector engines.
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return await self._client.request("browser.click", types.BrowserClickParams(selector=selector, pin=pin, button=button, count=count, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserPage, timeout)

    async def type(
        self,
        *,
        selector: str,
        text: str,
        pin: str | None = None,
        clear: bool = True,
        submit: bool = False,
        profile: str = "default",
        page_id: str | None = None,
        timeout_ms: int = 30000,
        timeout: float | None = None,
    ) -> types.BrowserPage:
        """Type into an element.

        Args:
            selector: CSS, or another of Playwright's selector engines.
            pin: The PIN that was set with `openclaw pin set`.
            clear: Empty the field first.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.
            timeout_ms: Milliseconds.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return await self._client.request("browser.type", types.BrowserTypeParams(selector=selector, text=text, pin=pin, clear=clear, submit=submit, profile=profile, page_id=page_id, timeout_ms=timeout_ms), types.BrowserPage, timeout)

    async def snapshot(
        self,
        *,
        pin: str | None = None,
        profile: str = "default",
        page_id: str | None = None,
        max_characters: int = 50000,
        timeout: float | None = None,
    ) -> types.BrowserSnapshot:
        """A page in words, as assistive technology reads it.

        Args:
            pin: The PIN that was set with `openclaw pin set`.
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return await self._client.request("browser.snapshot", types.BrowserSnapshotParams(pin=pin, profile=profile, page_id=page_id, max_characters=max_characters), types.BrowserSnapshot, timeout)

    async def close(
        self,
        *,
        profile: str = "default",
        page_id: str | None = None,
        timeout: float | None = None,
    ) -> types.BrowserClosed:
        """Close a page, or a profile with all its pages; what the profile keeps on disk stays.

        Args:
            profile: Cookies, storage and pages of its own, kept on disk.
            page_id: A page of the profile; else the last used.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("browser.close", types.BrowserCloseParams(profile=profile, page_id=page_id), types.BrowserClosed, timeout)
