"""A command that is a row of the table asks for the PIN on a terminal, unseen."""

import time
from typing import Any

from tests.cli.command import SECONDS, Gateway, program
from tests.cli.terminal import Terminal

DELETE = 'message=[[tool:file_delete {"path": "nothing.txt"}]]'


def waiting(gateway: Gateway) -> dict[str, Any]:
    """What waits for approval, once it does."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = gateway.run("approvals", "list", "--json").json()["approvals"]
        if found:
            return found[0]
    raise AssertionError("nothing waits for approval")


def test_an_approval_that_needs_the_pin_asks_for_it_unseen(scripted: Gateway) -> None:
    assert scripted.run("pin", "set", stdin="471199\n").code == 0
    run = scripted.home.start("call", "chat.run", DELETE, "--stream")
    try:
        approval = waiting(scripted)
        assert approval["needsPin"]
        words = [*program(), "approvals", "approve", approval["approvalId"]]
        with Terminal(words, scripted.home.environment()) as terminal:
            terminal.until("PIN:")
            terminal.type("471199\r")
            terminal.until("goes on")
            assert b"471199" not in terminal.written
        said, _ = run.communicate(timeout=SECONDS)
        assert "file_delete" in said
    finally:
        if run.poll() is None:
            run.kill()
            run.communicate()
