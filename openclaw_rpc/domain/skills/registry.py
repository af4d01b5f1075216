"""A registry of skills that speaks ClawHub's HTTP API (its `docs/http-api.md`): search, what there is, the zip.

Whatever it answers is a stranger's: sizes are bounded, shapes are checked, and a checksum that it gives must fit.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from openclaw_rpc.domain.outbound import shown
from openclaw_rpc.domain.skills.manifest import is_slug
from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.domain.web import Fetched, Fetcher, FetchRequest
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest, NotFound, ProviderError, RateLimited, TooLarge

MIB: Final = 1024 * 1024
MAX_ARCHIVE: Final = 50 * MIB
MAX_ANSWER: Final = 2 * MIB
ANSWER_SECONDS: Final = 15.0
ARCHIVE_SECONDS: Final = 120.0
DEFAULT_WAIT: Final = 30
NONE: Final = "none"

T = TypeVar("T")
_Text = Annotated[str, Meta(max_length=10_000)]


class _Release(msgspec.Struct, frozen=True):
    version: _Text = ""


class _Summary(msgspec.Struct, frozen=True, rename="camel"):
    slug: str
    display_name: _Text | None = None
    summary: _Text | None = None
    version: _Text | None = None


class _Moderation(msgspec.Struct, frozen=True, rename="camel"):
    is_suspicious: bool = False
    is_malware_blocked: bool = False
    summary: _Text | None = None


class _Detail(msgspec.Struct, frozen=True, rename="camel"):
    skill: _Summary | None = None
    latest_version: _Release | None = None
    moderation: _Moderation | None = None


class _SearchResults(msgspec.Struct, frozen=True):
    results: list[_Summary] = []


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A skill as the registry lists it."""

    slug: str
    name: str
    description: str
    version: str | None


class Downloaded(msgspec.Struct, frozen=True, kw_only=True):
    """A skill's zip, and which version it is said to be."""

    slug: str
    version: str
    archive: bytes


class Registry:
    """Asks the registry that is configured."""

    def __init__(self, fetcher: Fetcher, settings: Callable[[], SkillSettings]) -> None:
        self._fetcher = fetcher
        self._settings = settings

    @property
    def address(self) -> str | None:
        """Where it is; None where there is none."""
        registry = self._settings().registry
        return None if registry == NONE else registry.rstrip("/")

    async def search(self, query: str, limit: int) -> list[Listed]:
        """What fits some words, the best first.

        Raises:
            InvalidRequest: no registry is configured.
            GatewayError: it can't be reached, or answers nonsense.
        """
        answer = await self._get("/api/v1/search", {"q": query, "limit": str(limit)}, _SearchResults)
        return [
            Listed(
                slug=found.slug,
                name=found.display_name or found.slug,
                description=found.summary or "",
                version=found.version or None,
            )
            for found in answer.results[:limit]
            if is_slug(found.slug)
        ]

    async def download(self, slug: str, version: str | None, *, force: bool = False) -> Downloaded:
        """A skill's zip; the latest version where none is named.

        Raises:
            NotFound: there is no such skill or version.
            Conflict: the registry says that it does harm, or may do; the latter ``force`` overrides.
            TooLarge: it is larger than skills may be.
            ProviderError: the registry can't be reached, answers nonsense, or its checksum does not fit.
        """
        detail = await self._get(f"/api/v1/skills/{quote(slug, safe='')}", {}, _Detail)
        _judge(slug, detail.moderation, force=force)
        named = detail.skill.slug if detail.skill is not None else slug
        if not is_slug(named):
            raise ProviderError("the registry's answer is not a skill", reason="registry")
        wanted = version or (detail.latest_version.version if detail.latest_version else "")
        query = {"slug": named} | ({"version": wanted} if wanted else {})
        fetched = await self._ask("/api/v1/download", query, MAX_ARCHIVE, ARCHIVE_SECONDS)
        if fetched.truncated:
            raise TooLarge(
                f"the zip of {named} is larger than {MAX_ARCHIVE // MIB} MiB", reason="archive", limit=MAX_ARCHIVE
            )
        _check_sums(fetched.headers, fetched.body)
        return Downloaded(slug=named, version=wanted, archive=fetched.body)

    async def _get(self, path: str, query: Mapping[str, str], kind: type[T]) -> T:
        fetched = await self._ask(path, query, MAX_ANSWER, ANSWER_SECONDS)
        try:
            return msgspec.json.decode(fetched.body, type=kind)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            said = shown(fetched.url)
            raise ProviderError(f"{said} did not answer as a registry does", reason="registry") from None

    async def _ask(self, path: str, query: Mapping[str, str], max_bytes: int, seconds: float) -> Fetched:
        address = self.address
        if address is None:
            raise InvalidRequest("no registry is configured: set skills.registry", field="source", reason="no_registry")
        url = f"{address}{path}?{urlencode(query)}" if query else f"{address}{path}"
        fetched = await self._fetcher.fetch(FetchRequest(url=url, max_bytes=max_bytes, seconds=seconds))
        if fetched.status != 200:
            raise _refusal(fetched)
        return fetched


def _judge(slug: str, moderation: _Moderation | None, *, force: bool) -> None:
    if moderation is None:
        return
    why = f": {moderation.summary}" if moderation.summary else ""
    if moderation.is_malware_blocked:
        raise Conflict(f"the registry blocks {slug} as harmful{why}", reason="malware")
    if moderation.is_suspicious and not force:
        raise Conflict(f"the registry warns of {slug}{why}; force takes it all the same", reason="suspicious")


def _refusal(fetched: Fetched) -> Exception:
    said = shown(fetched.url)
    match fetched.status:
        case 404 | 410:
            return NotFound(f"the registry has no such skill or version ({said})", field="name", reason="registry")
        case 403:
            return Conflict("the registry does not give that skill out", reason="withheld")
        case 429:
            wait = fetched.headers.get("retry-after", "")
            seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else DEFAULT_WAIT
            return RateLimited("the registry asks us to wait", reason="registry", retryAfter=seconds)
        case _:
            return ProviderError(f"the registry answered {fetched.status} ({said})", reason="registry")


def _check_sums(headers: Mapping[str, str], body: bytes) -> None:
    """Compare the checksums that came with a zip, if any: ClawHub's own, RFC 9530's, RFC 3230's."""
    actual = hashlib.sha256(body).digest()
    for expected in _sums(headers):
        if not hmac.compare_digest(expected, actual):
            raise ProviderError("the zip is not what the registry's checksum says", reason="checksum")


def _sums(headers: Mapping[str, str]) -> list[bytes]:
    found: list[bytes] = []
    for name in ("x-clawhub-artifact-sha256", "x-checksum-sha256", "x-content-sha256"):
        found += _decoded(headers.get(name, "").strip().strip('"'), hexadecimal=True)
    for name in ("repr-digest", "content-digest", "digest"):
        for item in headers.get(name, "").split(","):
            kind, _, value = item.strip().partition("=")
            if kind.lower() == "sha-256":
                found += _decoded(value.strip().strip(":"), hexadecimal=False)
    return found


def _decoded(value: str, *, hexadecimal: bool) -> list[bytes]:
    """A checksum's bytes. One that is none fits nothing."""
    if not value:
        return []
    try:
        decoded: Any = bytes.fromhex(value) if hexadecimal else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return [b""]
    return [decoded]
