"""`openclaw pin`, with no gateway running."""

import stat

from tests.cli.command import Home


def test_a_pin_is_set_from_a_pipe_and_never_printed(home: Home) -> None:
    done = home.run("pin", "set", stdin="13579246\n")
    assert done.code == 0, done.err
    assert "13579246" not in done.out + done.err
    (file,) = home.path.rglob("gateway.db")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"13579246" not in file.read_bytes()
    assert home.run("pin", "status").out == "set\n"


def test_a_pin_is_removed(home: Home) -> None:
    assert home.run("pin", "status", "--json").json() == {"set": False}
    home.run("pin", "set", stdin="1234\n")
    assert home.run("pin", "remove", "--json").json() == {"removed": True}
    assert home.run("pin", "remove", "--json").json() == {"removed": False}


def test_no_pin_and_a_short_one_are_refused(home: Home) -> None:
    assert home.run("pin", "set").code == 1
    short = home.run("pin", "set", "--json", stdin="12\n")
    assert short.code == 1
    assert '"field":"pin"' in short.err
    assert home.run("pin", "status").out != "set\n"
