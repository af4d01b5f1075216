"""Skills from a registry: found, fetched, checked, installed; and a registry that can't be trusted."""

import hashlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc.domain.outbound import OutboundPolicy, OutboundRefused
from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.protocol.errors import Conflict, GatewayError, InvalidRequest, NotFound, ProviderError, RateLimited
from openclaw_rpc.protocol.skill import SkillInstallParams, SkillSearchParams
from tests.support.archives import ATTACKS, zipped
from tests.support.clawhub import ClawHub, clawhub
from tests.support.skills import ECHO, SkillWorld, manifest, tool, write_skill

MARKDOWN = b"---\nname: notion\ndescription: Writes to Notion\n---\nUse the API."


@pytest.fixture
async def hub() -> AsyncGenerator[ClawHub]:
    async with clawhub() as registry:
        registry.zips["notion", "1.2.0"] = zipped({"SKILL.md": MARKDOWN, "_meta.json": b"{}"})
        registry.zips["notion", "1.3.0"] = zipped({"SKILL.md": MARKDOWN + b" Newer.", "_meta.json": b"{}"})
        yield registry


@pytest.fixture
def world(tmp_path: Path, hub: ClawHub) -> SkillWorld:
    return SkillWorld(tmp_path, SkillSettings(registry=f"{hub.url}/"))


async def install(world: SkillWorld, **params: Any) -> Any:
    return await world.skills.install(SkillInstallParams(**params))


async def test_the_latest_version_is_installed_by_its_name(world: SkillWorld):
    info = await install(world, name="notion", source="clawhub")
    assert (info.slug, info.version, info.source, info.status) == ("notion", "1.3.0", "clawhub:notion", "active")
    assert world.left() == ["notion"]


@pytest.mark.parametrize("source", [None, "clawhub", "the address"])
async def test_another_version_by_its_name_and_back_again(world: SkillWorld, hub: ClawHub, source: str | None):
    source = hub.url if source == "the address" else source
    assert (await install(world, name="notion", version="1.2.0", source=source)).version == "1.2.0"
    assert (await install(world, name="notion", source=source)).version == "1.3.0"
    assert (await install(world, name="notion", version="1.2.0", source=source)).version == "1.2.0"
    assert "Newer" not in (world.folder / "notion" / "SKILL.md").read_text()


async def test_a_skill_with_tools_can_be_used_at_once(world: SkillWorld, hub: ClawHub):
    hub.zips["echo", "1.0.0"] = zipped(
        {"skill.json": json.dumps(manifest("echo", tool())).encode(), "tool.py": ECHO.encode()}
    )
    assert (await install(world, name="echo")).tools == ["say_back"]


@pytest.mark.parametrize("params", [{"name": "none"}, {"name": "notion", "version": "9.9.9"}])
async def test_what_the_registry_does_not_have_is_not_found(world: SkillWorld, params: dict[str, str]):
    with pytest.raises(NotFound):
        await install(world, **params)
    assert world.left() == []


@pytest.mark.parametrize(
    ("moderation", "reason", "forced"),
    [
        ({"isMalwareBlocked": True, "summary": "steals keys"}, "malware", False),
        ({"isSuspicious": True}, "suspicious", True),
    ],
)
async def test_what_the_registry_warns_of_is_not_taken(
    world: SkillWorld, hub: ClawHub, moderation: dict[str, Any], reason: str, forced: bool
):
    hub.details["moderation"] = moderation
    with pytest.raises(Conflict) as caught:
        await install(world, name="notion")
    assert caught.value.reason == reason
    if forced:
        assert (await install(world, name="notion", force=True)).slug == "notion"
    else:
        with pytest.raises(Conflict):
            await install(world, name="notion", force=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-ClawHub-Artifact-Sha256": hashlib.sha256(b"other").hexdigest()},
        {"X-ClawHub-Artifact-Sha256": "nonsense"},
        {"Digest": "sha-256=AAAA"},
        {"Repr-Digest": "md5=:x:, sha-256=:AAAA:"},
    ],
)
async def test_a_checksum_that_does_not_fit_is_refused(world: SkillWorld, hub: ClawHub, headers: dict[str, str]):
    hub.headers = headers
    with pytest.raises(ProviderError) as caught:
        await install(world, name="notion")
    assert caught.value.reason == "checksum"
    assert world.left() == []


@pytest.mark.parametrize("attack", ATTACKS[::7], ids=lambda attack: attack.name)
async def test_a_registry_s_zip_is_a_stranger_s(world: SkillWorld, hub: ClawHub, attack: Any):
    write_skill(world.folder / "notion", manifest("notion", tool()))
    hub.zips["notion", "6.6.6"] = attack.data
    with pytest.raises(GatewayError):
        await install(world, name="notion", version="6.6.6", force=True)
    assert world.left() == ["notion"]
    assert (await world.skills.list()).skills[0].version == "1.0.0"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, Conflict), (410, NotFound), (429, RateLimited), (500, ProviderError), (302, GatewayError)],
)
async def test_a_registry_that_refuses_is_an_error_that_says_so(
    world: SkillWorld, hub: ClawHub, status: int, kind: type[Exception]
):
    hub.status, hub.headers = {"download": status}, {"Retry-After": "17"}
    with pytest.raises(kind) as caught:
        await install(world, name="notion")
    if isinstance(caught.value, RateLimited):
        assert caught.value.details["retryAfter"] == 17


@pytest.mark.parametrize("body", [[], {"skill": 5}, {"skill": {"slug": "../../etc"}}])
async def test_a_registry_that_answers_nonsense_is_an_error(world: SkillWorld, hub: ClawHub, body: Any):
    hub.details = body if isinstance(body, dict) else {"latestVersion": "x"}
    with pytest.raises(ProviderError):
        await install(world, name="notion")


async def test_a_registry_that_is_not_there_is_an_error(tmp_path: Path):
    world = SkillWorld(tmp_path, SkillSettings(registry="http://127.0.0.1:1"))
    with pytest.raises(ProviderError):
        await install(world, name="notion")


async def test_a_registry_can_t_lead_to_a_closed_address(world: SkillWorld, hub: ClawHub):
    hub.redirect = "http://169.254.169.254/latest/meta-data"
    with pytest.raises(OutboundRefused):
        await install(world, name="notion")


async def test_the_registry_itself_passes_the_guard(world: SkillWorld):
    world.fetcher.policy = OutboundPolicy()
    with pytest.raises(OutboundRefused):
        await install(world, name="notion")


async def test_search_asks_the_registry_too(world: SkillWorld):
    write_skill(world.folder / "notion-sync", manifest("notion-sync"))
    found = await world.skills.search(SkillSearchParams(query="notion"))
    assert [(one.slug, one.installed, one.source) for one in found.results] == [
        ("notion-sync", True, "installed"),
        ("notion", False, "registry"),
    ]
    assert found.registry_error is None


async def test_search_says_why_the_registry_had_nothing(world: SkillWorld, hub: ClawHub):
    hub.status = {"search": 500}
    found = await world.skills.search(SkillSearchParams(query="notion"))
    assert found.results == []
    assert "500" in (found.registry_error or "")


async def test_search_for_odd_words_is_no_other_request(world: SkillWorld, hub: ClawHub):
    await world.skills.search(SkillSearchParams(query="a&limit=9999#x/../y"))
    assert hub.asked == ["/api/v1/search?q=a%26limit%3D9999%23x/../y&limit=20"]


@pytest.mark.parametrize("name", ["../x", "a/b", "a?x=1", "A B", "%2e%2e"])
async def test_a_name_that_is_a_path_is_no_name(world: SkillWorld, hub: ClawHub, name: str):
    with pytest.raises(InvalidRequest) as caught:
        await install(world, name=name)
    assert caught.value.field == "name"
    assert hub.asked == []
