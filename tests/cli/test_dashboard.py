"""`openclaw dashboard`, and the link that the gateway prints when it starts."""

import json
import re
from http.client import HTTPConnection

from tests.cli.command import Home, free_port, start_gateway


def sign_in(link: str) -> int:
    """The status of a sign-in with a link's code, sent as the page sends it."""
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/login#code=([\w-]{22,})", link)
    assert found is not None, link
    connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
    try:
        connection.request("POST", "/login", json.dumps({"code": found[2]}), {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_both_links_sign_in_once_and_neither_holds_the_token(home: Home) -> None:
    gateway = start_gateway(home)
    try:
        done = home.run("dashboard", "--no-open")
        assert done.code == 0, done.err
        (link,) = done.out.splitlines()
        assert home.run("dashboard", "--no-open", "--json").json()["url"] != link
        assert [sign_in(link), sign_in(link)] == [204, 401]
    finally:
        code, out, err = gateway.stop()
    assert code == 0, err
    (printed,) = re.findall(r"http://\S+/login#code=\S+", out)
    assert printed != link
    token = (home.path / "gateway.yaml").read_text().partition("token: ")[2].split()[0]
    assert token not in printed + link


def test_a_gateway_is_found_where_it_listens_though_the_settings_have_another_port_by_now(home: Home) -> None:
    gateway = start_gateway(home)
    try:
        assert home.run("config", "set", "gateway.port", str(free_port())).code == 0
        done = home.run("dashboard", "--no-open")
    finally:
        gateway.stop()
    assert done.code == 0, done.err
    assert f":{gateway.port}/" in done.out
    assert home.run("dashboard", "--no-open").code != 0, "it does not run any more"
