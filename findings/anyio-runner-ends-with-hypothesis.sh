#!/usr/bin/env bash
# anyio 4.16.0 with hypothesis 6.170.15: an async test that draws while it runs can end anyio's test runner. Where an async
# fixture of a wider scope keeps that runner, every async test that comes after fails.
#
# Seen: a draw that asks for more than an example may hold ends the example, as it should, by an exception that is a
#       BaseException; the runner's task ends with it, and the next test, which has nothing to do with it, fails with
#       anyio.ClosedResourceError. Without the session's fixture the next test gets a new runner and passes.
# Draw in @given alone, before the coroutine begins.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --disable-pip-version-check -q install anyio==4.16.0 hypothesis==6.170.15 pytest==9.2.0
cat > "$dir/test_it.py" <<'PY'
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def shared():
    yield


@settings(database=None, suppress_health_check=list(HealthCheck), max_examples=20)
@given(st.data())
async def test_that_draws(data):
    for _ in range(20_000):
        data.draw(st.integers(0, 255))


async def test_that_comes_after():
    pass
PY
cd "$dir"
said=$("$dir/venv/bin/python" -m pytest -q -p no:cacheprovider test_it.py 2>&1 || true)
"$dir/venv/bin/pip" --disable-pip-version-check list 2>/dev/null | grep -E '^(anyio|hypothesis|pytest) '
grep -E '^(FAILED|[0-9]+ (failed|passed))' <<<"$said" || true
grep -q '^FAILED test_it.py::test_that_comes_after - anyio.*Closed' <<<"$said" || { echo "it changed"; exit 1; }
