"""`openclaw doctor`."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.cli.command import Gateway, Home, free_port


def checks(home: Home, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = home.run("doctor", "--json", *words)
    found = done.json()
    assert found["ok"] == (done.code == 0)
    for check in found["checks"]:
        assert check["status"] == "ok" or check["hint"], "a check that is not ok says what to do"
    return done.code, {check["name"]: check for check in found["checks"]}


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
