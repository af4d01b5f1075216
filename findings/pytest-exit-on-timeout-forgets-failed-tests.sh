#!/usr/bin/env bash
# pytest 9.2: `faulthandler_exit_on_timeout` ends a process whose test takes longer than `faulthandler_timeout`, teardown
# included. Once the test has failed, it does not: the report of an exception cancels the watch, which the teardown that
# follows has not any more.
#
# It is with a failed test that one wants it most: pytest-timeout's signal fails a test that hangs, and what the test
# waited for (a thread, a process) is then waited for by its fixtures, unwatched. Whoever counts on it arms
# `faulthandler.dump_traceback_later` anew before the teardown.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --disable-pip-version-check -q install pytest==9.2.0
cat > "$dir/test_slow_teardown.py" <<'PY'
import time

import pytest


@pytest.fixture
def slow():
    yield
    time.sleep(4)


def test_that_passes(slow):
    pass


def test_that_fails(slow):
    raise AssertionError("as it is meant to")
PY
printf '[pytest]\nfaulthandler_timeout = 1\nfaulthandler_exit_on_timeout = true\n' > "$dir/pytest.ini"
cd "$dir"
seen() {
    local out
    out=$(venv/bin/python -m pytest -q -p no:cacheprovider "test_slow_teardown.py::$1" 2>&1) || true
    if [[ $out == *"Timeout (0:00:01)!"* ]]; then echo "the process was ended"
    elif [[ $out == *" failed in "* ]]; then echo "the teardown took its four seconds"
    else echo "$out"; fi
}
passes=$(seen test_that_passes)
fails=$(seen test_that_fails)
echo "pytest $(venv/bin/python -c 'import pytest; print(pytest.__version__)')"
echo "a test that passes: $passes"
echo "a test that fails: $fails"
[[ $passes == "the process was ended" && $fails == "the teardown took its four seconds" ]]
