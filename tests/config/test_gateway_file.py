"""`gateway.yaml` while the gateway runs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw_rpc.config.errors import ConfigError
from openclaw_rpc.config.file import GatewayFile
from openclaw_rpc.config.secrets import PLACEHOLDER
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest

TEXT = """\
# mine
gateway:
  port: 1234   # the port
  auth:
    token: "${GATEWAY_TOKEN}"   # from outside
  rate_limit:
    requests_per_minute: 5
providers:
  primary: {type: openai, model: scripted, api_key: sk-check, headers: {X-Org: me}}
channels:
  telegram:
    bot_token: "123:abc"   # theirs
    name: bot
"""
ENV = {"GATEWAY_TOKEN": "the-real-token"}


class Heard:
    """A log that can be waited for."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self._heard = anyio.Event()

    async def next(self) -> tuple[str, str, dict[str, Any]]:
        while not self.lines:
            await self._heard.wait()
        self._heard = anyio.Event()
        return self.lines.pop(0)

    def _add(self, level: str, event: str, fields: dict[str, Any]) -> None:
        self.lines.append((level, event, fields))
        self._heard.set()

    def debug(self, event: str, /, **fields: Any) -> None:
        self._add("debug", event, fields)

    def info(self, event: str, /, **fields: Any) -> None:
        self._add("info", event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        self._add("warning", event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        self._add("error", event, fields)


@pytest.fixture
def file(tmp_path: Path) -> GatewayFile:
    path = tmp_path / "gateway.yaml"
    path.write_text(TEXT)
    path.chmod(0o600)
    loaded = GatewayFile(path, ENV)
    loaded.load()
    return loaded


@asynccontextmanager
async def watched(file: GatewayFile) -> AsyncGenerator[Heard]:
    heard = Heard()
    file.log = heard
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(file.watch, 0.01)
            yield heard
            tasks.cancel_scope.cancel()


def test_what_is_shown_holds_the_defaults_and_no_secret(file: GatewayFile):
    shown = file.redacted()
    assert shown["gateway"]["auth"] == {"enabled": True, "token": PLACEHOLDER, "password": None}
    assert shown["providers"]["primary"]["api_key"] == PLACEHOLDER
    assert shown["providers"]["primary"]["headers"] == {"X-Org": PLACEHOLDER}
    assert shown["channels"]["telegram"] == {"bot_token": PLACEHOLDER, "name": "bot"}
    assert (shown["gateway"]["port"], shown["gateway"]["bind"], shown["runs"]["max_running"]) == (1234, "127.0.0.1", 64)
    assert not any(secret in repr(shown) for secret in ("the-real-token", "sk-check", "123:abc"))


async def test_an_update_is_in_force_and_in_the_file_with_comments_order_and_variables(file: GatewayFile):
    changed, restart = await file.update(
        {"gateway": {"rate_limit": {"requests_per_minute": 90, "files_per_minute": 3}}}
    )
    assert changed == ["gateway.rate_limit.requests_per_minute", "gateway.rate_limit.files_per_minute"]
    assert restart == []
    assert file.settings.gateway.rate_limit.requests_per_minute == 90
    expected = TEXT.replace("requests_per_minute: 5\n", "requests_per_minute: 90\n    files_per_minute: 3\n")
    assert file.path.read_text() == expected
    assert file.path.stat().st_mode & 0o777 == 0o600


async def test_port_bind_tls_and_storage_wait_for_a_restart_and_nothing_else(file: GatewayFile):
    _, restart = await file.update(
        {"gateway": {"port": 5, "bind": "::1", "reuse_port": True}, "storage": {"path": "/x"}}
    )
    assert sorted(restart) == ["gateway.bind", "gateway.port", "gateway.reuse_port", "storage.path"]
    assert sorted(file.restart_needed) == sorted(restart)
    _, restart = await file.update({"gateway": {"port": 1234, "shutdown_seconds": 1}, "logging": {"level": "debug"}})
    assert restart == []
    assert "gateway.port" not in file.restart_needed


async def test_null_takes_a_key_away(file: GatewayFile):
    changed, _ = await file.update({"gateway": {"port": None}, "channels": {"telegram": None}, "agents": None})
    assert changed == ["gateway.port", "channels.telegram"]
    assert file.settings.gateway.port == 18789
    assert "port:" not in file.path.read_text()
    assert file.settings.channels == {}


async def test_sending_back_what_was_shown_changes_nothing(file: GatewayFile):
    before = file.path.stat()
    assert await file.update(file.redacted()) == ([], [])
    assert file.path.stat() == before
    assert file.path.read_text() == TEXT


async def test_a_placeholder_beside_a_change_leaves_the_secret(file: GatewayFile):
    shown = file.redacted()
    shown["providers"]["primary"]["model"] = "other"
    shown["channels"]["telegram"]["name"] = "robot"
    assert (await file.update(shown))[0] == ["providers.primary.model", "channels.telegram.name"]
    assert file.settings.providers["primary"].api_key == "sk-check"
    assert file.settings.channels["telegram"]["bot_token"] == "123:abc"


async def test_a_placeholder_where_there_is_no_secret_is_refused(file: GatewayFile):
    with pytest.raises(InvalidRequest) as caught:
        await file.update({"gateway": {"auth": {"password": PLACEHOLDER}}})
    assert caught.value.field == "gateway.auth.password"
    assert file.path.read_text() == TEXT


@pytest.mark.parametrize(
    ("patch", "field", "words"),
    [
        ({"gateway": {"port": "eighty"}}, "gateway.port", "int"),
        ({"gateway": {"port": True}}, "gateway.port", "int"),
        ({"gateway": {"no_such_key": 1}}, "gateway.no_such_key", "no such key"),
        ({"gateway": {"prot": None}}, "gateway.prot", "`port`"),
        ({"gateway": 3}, "gateway", "keys and their values"),
        ({"nothing": {}}, "nothing", "no such key"),
        ({"gateway": {"auth": {"enabled": False}, "bind": "0.0.0.0"}}, "gateway.auth.enabled", "127.0.0.1"),
        ({"providers": {"b": {"type": "openai"}}}, "providers.b", "`model` is missing"),
        ({"providers": {"primary": {"model": None}}}, "providers.primary", "`model` is missing"),
        ({"gateway": {"auth": {"token": "${NOT_THERE}"}}}, "gateway.auth.token", "NOT_THERE"),
    ],
)
async def test_a_wrong_patch_names_its_field_and_changes_nothing(file: GatewayFile, patch, field: str, words: str):
    before = file.settings
    with pytest.raises(InvalidRequest) as caught:
        await file.update(patch)
    assert caught.value.field == field
    assert words in str(caught.value.reason)
    assert file.settings is before
    assert file.path.read_text() == TEXT


async def test_an_update_of_a_file_that_became_invalid_is_refused_and_the_file_left_alone(file: GatewayFile):
    file.path.write_text(TEXT + "oops: 1\n")
    with pytest.raises(Conflict, match=r"gateway\.yaml:14: oops"):
        await file.update({"gateway": {"port": 5}})
    assert file.path.read_text() == TEXT + "oops: 1\n"
    assert file.settings.gateway.port == 1234


async def test_an_update_keeps_an_edit_that_was_not_noticed_yet(file: GatewayFile):
    file.path.write_text(TEXT.replace("model: scripted", "model: edited"))
    changed, _ = await file.update({"gateway": {"port": 5}})
    assert changed == ["gateway.port", "providers.primary.model"]
    assert "model: edited" in file.path.read_text()


async def test_updates_at_the_same_time_are_all_kept(file: GatewayFile):
    keys = ["max_connections", "max_in_flight", "heartbeat_seconds", "shutdown_seconds", "auth_timeout_seconds"]
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for number, key in enumerate(keys, 2):
                tasks.start_soon(file.update, {"gateway": {key: number}})
    fresh = GatewayFile(file.path, ENV).load().gateway
    assert [getattr(fresh, key) for key in keys] == [2, 3, 4, 5, 6]


async def test_a_part_that_yaml_shares_is_left_to_be_edited_by_hand(file: GatewayFile):
    text = "gateway: {port: 1234}\nchannels:\n  a: &a\n    x: 1\n  b: *a\n"
    file.path.write_text(text)
    with pytest.raises(Conflict, match="by hand"):
        await file.update({"channels": {"b": {"x": 2}}})
    assert file.path.read_text() == text


async def test_a_folder_that_can_not_be_written_is_a_conflict_that_says_so(file: GatewayFile, tmp_path: Path):
    elsewhere = GatewayFile(tmp_path / "gateway.yaml" / "below.yaml", {})
    with pytest.raises((Conflict, ConfigError)) as caught:
        await elsewhere.update({"gateway": {"port": 5}})
    assert "below.yaml" in str(caught.value)


async def test_who_follows_the_settings_hears_old_and_new_until_it_stops(file: GatewayFile):
    heard: list[tuple[int, int]] = []
    log = Heard()
    file.log = log

    def broken(old: Settings, new: Settings) -> None:
        raise RuntimeError("no")

    file.subscribe(broken)
    stop = file.subscribe(lambda old, new: heard.append((old.gateway.port, new.gateway.port)))
    await file.update({"gateway": {"port": 5}})
    await file.update({"gateway": {"port": 5}})
    stop()
    await file.update({"gateway": {"port": 6}})
    assert heard == [(1234, 5)]
    assert {level for level, _, _ in log.lines} == {"error"}


async def test_a_good_edit_by_hand_applies(file: GatewayFile):
    async with watched(file) as heard:
        file.path.write_text(TEXT.replace("port: 1234", "port: 4321"))
        level, _, fields = await heard.next()
    assert (level, fields["changed"], fields["needs_restart"]) == ("info", ["gateway.port"], ["gateway.port"])
    assert (file.settings.gateway.port, file.last_error) == (4321, None)


async def test_a_bad_edit_by_hand_is_refused_with_its_reason_and_the_old_settings_go_on(file: GatewayFile):
    before = file.settings
    async with watched(file) as heard:
        file.path.write_text(TEXT.replace("port: 1234", "prot: 1234"))
        level, _, fields = await heard.next()
        assert level == "warning"
        assert fields["problems"] == [f"{file.path}:3: gateway.prot: there is no such key; did you mean `port`?"]
        assert file.last_error == fields["problems"][0]
        assert file.settings is before
        file.path.write_text(TEXT.replace("port: 1234", "port: 77"))
        level, _, fields = await heard.next()
    assert (level, fields["changed"], file.last_error) == ("info", ["gateway.port"], None)
    assert file.settings.gateway.port == 77


async def test_a_file_that_is_gone_changes_nothing(file: GatewayFile):
    async with watched(file) as heard:
        file.path.unlink()
        level, _, fields = await heard.next()
    assert (level, fields["problems"]) == ("warning", [f"{file.path}: the file is gone"])
    assert file.settings.gateway.port == 1234


async def test_an_update_is_no_edit_by_hand(file: GatewayFile):
    async with watched(file) as heard:
        await file.update({"gateway": {"port": 5}})
        file.path.write_text(file.path.read_text().replace("port: 5", "port: 66"))
        _, _, fields = await heard.next()
        assert heard.lines == []
    assert fields["changed"] == ["gateway.port"]
    assert file.settings.gateway.port == 66


def test_a_token_is_made_once_where_none_is_set(tmp_path: Path):
    path = tmp_path / "home" / "gateway.yaml"
    file = GatewayFile(path, {})
    file.load()
    token = file.ensure_token()
    assert token is not None
    assert len(token) >= 32
    assert file.settings.gateway.auth.token == token
    assert (file.ensure_token(), path.stat().st_mode & 0o777) == (None, 0o600)
    assert path.read_text().startswith("# The gateway's settings.")
    assert GatewayFile(path, {}).load().gateway.auth.token == token


def test_a_token_that_is_made_goes_into_the_file_that_is_there(tmp_path: Path):
    path = tmp_path / "gateway.yaml"
    path.write_text("# mine\ngateway:\n  port: 5  # my port\n")
    path.chmod(0o644)
    file = GatewayFile(path, {})
    file.load()
    token = file.ensure_token()
    assert path.read_text() == f"# mine\ngateway:\n  port: 5  # my port\n  auth:\n    token: {token}\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("auth", ["enabled: false", "token: x", "password: x", 'token: "${TOKEN}"'])
def test_no_token_is_made_where_there_is_no_need(tmp_path: Path, auth: str):
    path = tmp_path / "gateway.yaml"
    path.write_text(f"gateway: {{auth: {{{auth}}}}}")
    file = GatewayFile(path, {"TOKEN": "t"})
    file.load()
    assert file.ensure_token() is None


def test_the_command_line_goes_before_the_file_and_is_not_kept(tmp_path: Path):
    path = tmp_path / "gateway.yaml"
    path.write_text(TEXT)
    file = GatewayFile(path, ENV, overrides={"gateway": {"port": 0}})
    assert file.load().gateway.port == 0
    assert file.redacted()["gateway"]["port"] == 0
    assert anyio.run(file.update, {"gateway": {"max_in_flight": 2}})[0] == ["gateway.max_in_flight"]
    assert "port: 1234" in path.read_text()


# ---- reload, status and .env ----


async def test_a_reload_takes_an_edit_at_once_and_says_what_changed(file: GatewayFile):
    file.path.write_text(file.path.read_text().replace("requests_per_minute: 5", "requests_per_minute: 6"))
    assert file.status().edited
    assert await file.reload() == (["gateway.rate_limit.requests_per_minute"], [])
    assert file.settings.gateway.rate_limit.requests_per_minute == 6
    assert not file.status().edited
    assert await file.reload() == ([], [])


async def test_a_reload_of_what_is_not_valid_is_refused_and_the_status_says_why(file: GatewayFile):
    before = file.settings
    file.path.write_text("gateway:\n  prot: 1\n")
    for _ in range(2):
        with pytest.raises(Conflict, match=r"gateway.yaml:2: gateway.prot"):
            await file.reload()
        status = file.status()
        assert (status.edited, file.settings) == (False, before)
        assert "gateway.yaml:2" in (status.error or "")


async def test_a_file_that_is_gone_is_not_taken_for_the_defaults_however_often_it_is_reloaded(file: GatewayFile):
    before = file.settings
    file.path.unlink()
    for _ in range(3):
        with pytest.raises(Conflict, match="gone"):
            await file.reload()
        assert file.settings == before
    assert not file.status().exists


async def test_what_waits_for_a_restart_or_comes_from_the_command_line_is_in_the_status(tmp_path: Path):
    path = tmp_path / "gateway.yaml"
    path.write_text("gateway: {bind: 127.0.0.1}\n")
    file = GatewayFile(path, {}, overrides={"gateway": {"port": 0}, "logging": {"level": "debug"}})
    file.load()
    path.write_text("gateway: {bind: '::1'}\n")
    assert await file.reload() == (["gateway.bind"], ["gateway.bind"])
    assert (file.status().needs_restart, file.status().overridden) == (
        ["gateway.bind"],
        ["gateway.port", "logging.level"],
    )


async def test_a_variable_may_stand_in_the_folders_env_file_and_a_new_value_applies(tmp_path: Path):
    path, env = tmp_path / "gateway.yaml", tmp_path / ".env"
    path.write_text("gateway: {auth: {token: '${TOKEN}', password: '${PASSWORD}'}}\n")
    env.write_text("export TOKEN='from the file'\nPASSWORD=also # a remark\n")
    file = GatewayFile(path, {"PASSWORD": "environment"}, home=tmp_path)
    auth = file.load().gateway.auth
    assert (auth.token, auth.password) == ("from the file", "environment")
    env.write_text("TOKEN=another\n")
    assert file.status().edited
    assert (await file.reload())[0] == ["gateway.auth.token"]
    assert file.settings.gateway.auth.token == "another"


async def test_a_new_env_file_is_noticed_as_an_edit_is(tmp_path: Path):
    path = tmp_path / "gateway.yaml"
    path.write_text("runs: {max_running: '${MOST:-3}'}\n")
    file = GatewayFile(path, {}, home=tmp_path)
    file.load()
    async with watched(file) as heard:
        (tmp_path / ".env").write_text("MOST=4\n")
        while file.settings.runs.max_running != 4:
            await heard.next()
        (tmp_path / ".env").write_text("MOST 4 secret\n")
        while (found := await heard.next())[0] != "warning":
            pass
    assert ".env:1" in str(found[2]) and "secret" not in str(found[2])
    assert file.settings.runs.max_running == 4
