"""What every test shares: the event loop that the gateway itself runs on, and how hypothesis looks for examples."""

import pytest
from hypothesis import HealthCheck, Phase, settings

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
