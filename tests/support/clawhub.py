"""A registry that speaks ClawHub's HTTP API, on a port of its own, with what a test puts into it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class ClawHub:
    """``zips`` by slug and version; ``details``, ``status`` and ``headers`` of answers, where they are to be odd."""

    def __init__(self) -> None:
        self.url = ""
        self.zips: dict[tuple[str, str], bytes] = {}
        self.details: dict[str, Any] = {}
        self.status: dict[str, int] = {}
        self.headers: dict[str, str] = {}
        self.redirect: str | None = None
        self.asked: list[str] = []

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._noted])
        app.router.add_get("/api/v1/search", self._search)
        app.router.add_get("/api/v1/skills/{slug}", self._skill)
        app.router.add_get("/api/v1/download", self._download)
        return app

    def latest(self, slug: str) -> str | None:
        return max((version for name, version in self.zips if name == slug), default=None)

    @web.middleware
    async def _noted(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        for part, status in self.status.items():
            if part in request.path:
                return web.Response(status=status, headers=self.headers, text="no")
        return await handler(request)

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query["q"].lower()
        found = [slug for slug, _ in self.zips if words in slug]
        results = [
            {"score": 0.5, "slug": slug, "displayName": slug.title(), "summary": f"Does {slug}", "version": "1.0.0"}
            for slug in dict.fromkeys(found)
        ]
        return web.json_response({"results": [*results, {"slug": "../evil", "displayName": "x"}]})

    async def _skill(self, request: web.Request) -> web.Response:
        slug = request.match_info["slug"]
        if self.latest(slug) is None:
            raise web.HTTPNotFound
        detail = {
            "skill": {"slug": slug, "displayName": slug.title(), "summary": "s", "tags": {}, "stats": {}},
            "latestVersion": {"version": self.latest(slug), "createdAt": 0, "changelog": ""},
            "owner": {"handle": "someone"},
        }
        return web.json_response(detail | self.details)

    async def _download(self, request: web.Request) -> web.Response:
        if self.redirect is not None:
            raise web.HTTPFound(self.redirect)
        slug = request.query["slug"]
        data = self.zips.get((slug, request.query.get("version") or self.latest(slug) or ""))
        if data is None:
            raise web.HTTPNotFound
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        headers = {"Digest": f"sha-256={digest}"} | self.headers
        return web.Response(body=data, content_type="application/zip", headers=headers)


@asynccontextmanager
async def clawhub() -> AsyncGenerator[ClawHub]:
    """A registry on a free port of 127.0.0.1."""
    registry = ClawHub()
    runner = web.AppRunner(registry.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        registry.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield registry
    finally:
        await runner.cleanup()
