"""What every test shares: the event loop that the gateway itself runs on."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Asyncio on uvloop, as in production."""
    return "asyncio", {"use_uvloop": True}
