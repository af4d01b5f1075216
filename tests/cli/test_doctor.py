"""`openclaw doctor`."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.cli.command import Gateway, Home, free_port, start_gateway


def checks(home: Home, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = home.run("doctor", "--json", *words)
    found = done.json()
    levels = {check["status"] for check in found["checks"]}
    level = next(one for one in ("fail", "warn", "ok") if one in levels)
    assert (found["level"], done.code) == (level, {"ok": 0, "warn": 3, "fail": 1}[level])
    assert found["ok"] == (level != "fail")
    for check in found["checks"]:
        assert check["status"] == "ok" or check["hint"], "a check that is not ok says what to do"
    return 0 if found["ok"] else 1, {check["name"]: check for check in found["checks"]}


def test_a_fresh_machine_is_well(home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}}}\n")
    code, found = checks(home)
    assert code == 0
    names = {
        "python",
        "folders",
        "sqlite",
        "disk",
        "clock",
        "uvloop",
        "config",
        "config mode",
        "auth",
        "gateway",
        "models",
    }
    assert names <= set(found)
    assert "free" in found["gateway"]["message"]


def test_it_changes_nothing(home: Home) -> None:
    home.run("doctor")
    assert not home.path.exists()


def test_for_people_every_check_is_a_line(home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}}}\n")
    done = home.run("doctor")
    assert done.code == 0
    assert "ok    python" in done.out
    assert "0 failed" in done.out


def test_a_bad_configuration_fails_with_its_line(home: Home) -> None:
    home.configure("gateway:\n  prot: 1\n")
    code, found = checks(home)
    assert code == 1
    assert "gateway.yaml:2" in found["config"]["message"]


def test_a_variable_that_is_missing_here_may_be_there_where_the_gateway_is_started(home: Home) -> None:
    home.configure(
        f"gateway: {{port: {free_port()}}}\n"
        "providers:\n"
        "  primary: {type: openai, model: m, api_key: '${NOT_SET_HERE}'}\n"
    )
    code, found = checks(home)
    assert (code, found["config"]["status"]) == (0, "warn")
    assert "NOT_SET_HERE" in found["config"]["message"]
    assert "free" in found["gateway"]["message"]


def test_a_file_that_others_can_read_is_a_warning(home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}}}\n").chmod(0o644)
    code, found = checks(home)
    assert (code, found["config mode"]["status"]) == (0, "warn")
    assert "chmod 600" in found["config mode"]["hint"]


def test_a_port_where_something_else_answers_fails(home: Home) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        home.configure(f"gateway: {{port: {other.server_port}}}\n")
        code, found = checks(home)
        other.shutdown()
    assert (code, found["gateway"]["status"]) == (1, "fail")


def test_an_address_that_is_not_this_machines_fails(home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}, bind: 192.0.2.1}}\n")
    code, found = checks(home)
    assert (code, found["gateway"]["status"]) == (1, "fail")


def test_a_model_server_that_does_not_answer_fails_and_is_named(home: Home) -> None:
    home.configure(
        f"gateway: {{port: {free_port()}}}\n"
        "providers:\n"
        "  primary:\n"
        f"    {{type: openai-compatible, model: m, base_url: 'http://127.0.0.1:{free_port()}/v1', max_retries: 0}}\n"
    )
    code, found = checks(home)
    assert (code, found["model primary"]["status"]) == (1, "fail")
    assert "primary" in found["model primary"]["message"]


def test_a_certificate_that_is_not_there_fails(home: Home) -> None:
    home.configure(f"gateway:\n  port: {free_port()}\n  tls: {{certificate: /nowhere.pem, key: /nowhere.key}}\n")
    code, found = checks(home)
    assert (code, found["tls"]["status"]) == (1, "fail")


def test_a_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.configure(f"gateway: {{port: {free_port()}}}\n")
    (home.path / "state").write_text("no folder")
    code, found = checks(home)
    assert (code, found["folders"]["status"]) == (1, "fail")


def test_where_it_should_be_and_is_not_it_fails(home: Home) -> None:
    code, found = checks(home, "--url", f"http://127.0.0.1:{free_port()}")
    assert (code, found["gateway"]["status"]) == (1, "fail")


def test_a_running_gateway_is_found_with_its_version_and_models(gateway: Gateway) -> None:
    code, found = checks(gateway.home)
    assert code == 0, found
    assert "answers at" in found["gateway"]["message"]
    assert found["models"]["status"] == "ok"


def test_without_a_gateway_each_channel_is_asked_who_it_would_be_and_what_is_missing(tmp_path: Path) -> None:
    asked: list[str] = []

    class Platforms(BaseHTTPRequestHandler):
        """Telegram, Slack and WhatsApp, as far as they are asked here."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.rfile.read(length)
            asked.append(self.path)
            answers: dict[str, Any] = {
                "/bot123456:AAF-good/getMe": {
                    "ok": True,
                    "result": {"id": 1, "is_bot": True, "first_name": "H", "username": "helper_bot"},
                },
                "/bot123456:AAF-good/getWebhookInfo": {
                    "ok": True,
                    "result": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
                },
                "/api/auth.test": {"ok": True, "user": "helper", "team": "Team", "user_id": "U1"},
                "/api/apps.connections.open": {"ok": True, "url": "wss://example.org"},
            }
            body = answers.get(self.path, {"ok": False, "error_code": 401, "description": "Unauthorized"})
            raw = json.dumps(body).encode()
            self.send_response(200 if body["ok"] else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-OAuth-Scopes", "chat:write,im:history,app_mentions:read")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base calls it so
            """Say nothing."""

    home = Home(tmp_path / "home")
    with ThreadingHTTPServer(("127.0.0.1", 0), Platforms) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        home.configure(
            f"gateway: {{port: {free_port()}}}\n"
            "channels:\n"
            f"  telegram: {{token: '123456:AAF-good', api_url: '{url}'}}\n"
            f"  support: {{type: telegram, token: '123456:AAF-bad', api_url: '{url}'}}\n"
            f"  slack: {{bot_token: xoxb-1, app_token: xapp-1, api_url: '{url}/api'}}\n"
            "  whatsapp: {access_token: t, phone_number_id: '1', app_secret: s}\n"
            f"  far: {{type: telegram, token: '123456:AAF-good', api_url: 'http://127.0.0.1:{free_port()}'}}\n"
            "  off: {type: discord, enabled: false, token: x}\n"
            "  webhook: {}\n"
            "  odd: {type: pigeon}\n"
        )
        code, found = checks(home)
        server.shutdown()
    said = {name.removeprefix("channel "): one for name, one in found.items() if name.startswith("channel ")}
    assert code == 1
    assert (said["telegram"]["status"], said["telegram"]["message"]) == ("ok", "answers as @helper_bot")
    assert said["support"]["status"] == "fail" and "refuses the bot's token" in said["support"]["message"]
    assert said["slack"]["status"] == "warn" and "channels:history" in said["slack"]["message"]
    assert said["whatsapp"]["status"] == "fail" and "channels.whatsapp.verify_token" in said["whatsapp"]["message"]
    assert said["far"]["status"] == "fail" and "can't be reached" in said["far"]["message"]
    assert said["off"]["message"] == "switched off"
    assert "secret" in said["webhook"]["message"]
    assert said["odd"]["status"] == "fail"
    assert not any("deleteWebhook" in path or "getUpdates" in path for path in asked)


def test_of_a_running_gateway_each_channel_tells_how_it_stands(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    gateway = start_gateway(home, config="channels:\n  webhook: {enabled: true}\n  telegram: {token: ''}\n")
    try:
        code, found = checks(home)
    finally:
        gateway.stop()
    assert code == 1
    assert "connected" in found["channel webhook"]["message"]
    assert "channels.telegram.token" in found["channel telegram"]["message"]
