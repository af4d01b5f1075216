"""What every test shares: the event loop that the gateway itself runs on, how hypothesis looks for examples, and an end
for whatever hangs.
"""

import faulthandler
import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, Phase, settings

HANGS_SECONDS = 300.0
"""How long a test may still take after its time was up, which ends it by an exception that a thread does not see."""
_stderr: list[int] = []

# No test steers by `target`. Its code is imported in the middle of a test, where pytest's rewriting of it can fail:
# "AST constructor recursion depth mismatch", a fault of CPython 3.11 when the garbage collector runs meanwhile.
# How long an example takes is no fault either: it is the machine that is slow.
settings.register_profile(
    "suite",
    phases=[phase for phase in Phase if phase is not Phase.target],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Asyncio on uvloop, as in production."""
    return "asyncio", {"use_uvloop": True}


def pytest_configure() -> None:
    """Keep the real standard error: pytest takes it away while a test runs."""
    _stderr.append(os.dup(2))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """End a process that does not come to an end of its test; the others go on, and the test has failed. Until its
    teardown pytest itself does so (`faulthandler_timeout`).
    """
    faulthandler.dump_traceback_later(HANGS_SECONDS, exit=True, file=_stderr[-1])
    return (yield)
