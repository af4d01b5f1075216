"""The dashboard at `/`, its files below `/assets/`, and signing in. All of it is open: it holds no secrets."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from openclaw_rpc.domain.principals import Credentials, Principal
from openclaw_rpc.domain.sign_ins import SESSION_SECONDS, SignIns
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.threads import in_thread
from openclaw_rpc.transports.cookie import NAME
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import takes_gzip, whole
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

FOLDERS: Final = ("dashboard", "js/src")
"""What is served of `clients/`: the dashboard, and the client that is its connection."""
PAGE: Final = "dashboard/index.html"
FIRST: Final = "dashboard/app.js"
"""The module that the page loads; what it imports is told to the browser at once."""
_MEDIA: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_IMPORT: Final = re.compile(r"""^\s*(?:import|export)\b[^"'()]*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "manifest-src 'self'",
        "font-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_SAFE: Final = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
_PAGE_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    **_SAFE,
}


class LoginBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /login` takes: one of the two."""

    code: str | None = None
    token: str | None = None


class Asset(msgspec.Struct, frozen=True):
    """A file as it is served: itself, and compressed where that is smaller."""

    media: str
    plain: bytes
    packed: bytes | None


class Assets:
    """The dashboard's files. Their address holds a digest of them all, so that modules can import one another."""

    def __init__(self, found: Mapping[str, bytes]) -> None:
        digest = hashlib.sha256()
        self.files: dict[str, Asset] = {}
        for name, content in sorted(found.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
            if name != PAGE:
                self.files[name] = _asset(name, content)
        self.version = digest.hexdigest()[:16]
        base = f"assets/{self.version}"
        preloads = "".join(
            f'<link rel="modulepreload" href="{base}/{name}">\n' for name in _imported(found) if name != FIRST
        )
        page = found[PAGE].decode()
        self.page = page.replace("{assets}", f"{base}/dashboard").replace("<!-- preloads -->\n", preloads).encode()


def find_assets() -> Assets:
    """The files, from the installed package or, in a checkout, from `clients/`.

    Raises:
        NotFound: they are in neither place.
    """
    clients = Path(__file__).parents[2] / "clients"
    if not clients.is_dir():
        clients = Path(__file__).parents[3] / "clients"
    found = {name: content for folder in FOLDERS for name, content in _walk(clients / folder, f"{folder}/")}
    if PAGE not in found:
        raise NotFound("this installation has no dashboard", field="path")
    return Assets(found)


class DashboardDoor:
    """Serves the page and its files, and signs browsers in and out."""

    def __init__(
        self,
        sign_ins: SignIns,
        identify: Callable[[Credentials], Awaitable[Principal]],
        address: Callable[[HttpRequest], str],
        cookie: Callable[[HttpRequest], str | None],
        ended: Callable[[], None],
    ) -> None:
        self._sign_ins = sign_ins
        self._identify = identify
        self._address = address
        self._cookie = cookie
        self._ended = ended
        self._assets: Assets | None = None

    def routes(self) -> Iterable[Route]:
        """`/`, `/login`, `/logout` and `/assets/…`."""
        yield Route("GET", "/", self.page, open=True)
        yield Route("GET", "/login", self.page, open=True)
        yield Route("GET", "/assets/{path:path}", self.asset, open=True)
        yield Route("POST", "/login", self.login, open=True)
        yield Route("POST", "/logout", self.logout, open=True)

    async def page(self, request: HttpRequest) -> web.Response:
        """The page. A link with a code leads to it as well: reading it uses nothing up."""
        return whole((await self._found()).page, request, _PAGE_HEADERS, gzip_bytes=0)

    async def asset(self, request: HttpRequest) -> web.Response:
        """A file of the dashboard.

        Raises:
            NotFound: there is no such file in this version.
        """
        assets = await self._found()
        version, _, name = request.path_params["path"].partition("/")
        asset = assets.files.get(name) if version == assets.version else None
        if asset is None:
            raise NotFound("there is no such file", field="path")
        headers = {
            "Content-Type": asset.media,
            "Cache-Control": "public, max-age=31536000, immutable",
            **_SAFE,
        }
        if asset.media == _MEDIA[".svg"]:
            # A picture that is opened by itself is a page, too.
            headers["Content-Security-Policy"] = POLICY
        # Nobody reads a file's headers; some hundred bytes for each file.
        request.extra.popall("Access-Control-Expose-Headers", None)
        if asset.packed is None:
            return web.Response(body=asset.plain, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if not takes_gzip(request.headers.get("Accept-Encoding", "")):
            return web.Response(body=asset.plain, headers=headers)
        return web.Response(body=asset.packed, headers={**headers, "Content-Encoding": "gzip"})

    async def login(self, request: HttpRequest) -> web.Response:
        """Sign in with a code or a token: 204, and the cookie.

        Raises:
            InvalidRequest: the body is not ``{"code"}`` or ``{"token"}``.
            Unauthorized: the code or the token is not valid.
        """
        try:
            body = msgspec.convert(await request.json(), LoginBody)
        except msgspec.ValidationError as error:
            raise InvalidRequest("the body must be {code} or {token}", field="body", reason=str(error)) from None
        if (body.code is None) == (body.token is None):
            raise InvalidRequest("the body must have one of code and token", field="code", reason="one of two")
        if body.code is not None:
            principal = await self._sign_ins.take(body.code)
        else:
            principal = await self._identify(Credentials(bearer=body.token, address=self._address(request)))
        cookie = await self._sign_ins.begin(principal)
        return _with_cookie(request, cookie, SESSION_SECONDS)

    async def logout(self, request: HttpRequest) -> web.Response:
        """End the sign-in; its sockets are closed.

        Raises:
            Forbidden: the request does not come from a page of the gateway's own.
        """
        cookie = self._cookie(request)
        if cookie is not None:
            await self._sign_ins.end(cookie)
            self._ended()
        return _with_cookie(request, "", 0)

    async def _found(self) -> Assets:
        if self._assets is None:
            self._assets = await in_thread(find_assets)
        return self._assets


def _with_cookie(request: HttpRequest, value: str, seconds: int) -> web.Response:
    """204, and the cookie; a proxy that ends TLS before us is known by what it says, or by the page's origin."""
    secure = request.seen.secure or request.headers.get("Origin", "").startswith("https://")
    path = f"{request.seen.prefix}/"
    cookie = f"{NAME}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
    return web.Response(status=204, headers={"Set-Cookie": cookie, "Cache-Control": "no-store"})


def _walk(folder: Path, prefix: str) -> Iterable[tuple[str, bytes]]:
    """What is served of a folder: names relative to it, and contents."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and (path.suffix in _MEDIA or prefix + name == PAGE):
            yield prefix + name, path.read_bytes()


def _asset(name: str, content: bytes) -> Asset:
    packed = gzip.compress(content, 9, mtime=0)
    return Asset(_MEDIA[Path(name).suffix], content, packed if len(packed) < len(content) else None)


def _imported(found: Mapping[str, bytes]) -> list[str]:
    """The modules that the first one needs, itself included, by what they import."""
    names = [FIRST]
    for name in names:
        for target in _IMPORT.findall(found.get(name, b"").decode()):
            needed = _joined(name, target)
            if needed in found and needed not in names:
                names.append(needed)
    return names


def _joined(name: str, target: str) -> str:
    """What ``target``, imported by the module ``name``, is called."""
    parts = name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
