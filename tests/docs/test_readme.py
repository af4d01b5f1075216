"""What the README says is what the code says."""

from pathlib import Path

from openclaw_rpc.transports.ws.codes import CLOSE_CODES

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_table_of_close_codes_is_the_one_in_force() -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith(("| 1", "| 4"))]
    wanted = [
        f"| {code.code} | {code.reason} | {'yes' if code.reconnect else 'no'} | {code.meaning} |"
        for code in CLOSE_CODES
    ]
    assert rows == wanted
