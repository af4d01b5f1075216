#!/usr/bin/env bash
# slipcover 1.1 with pytest 9.2: where warnings are errors (`filterwarnings = error`), `python -m slipcover -m pytest`
# runs no test. slipcover has imported itself before pytest starts, and is a plugin of pytest as well, so pytest warns that
# it can't rewrite a module that is imported already, while it reads its configuration. Without that setting all is well.
#
# A project that wants its cheap counting of lines passes over that warning by name:
# -W "ignore:Module already imported:pytest.PytestAssertRewriteWarning".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --disable-pip-version-check -q install slipcover==1.1.0 pytest==9.2.0
mkdir "$dir/tests"
echo 'def test_nothing(): pass' > "$dir/tests/test_one.py"
cd "$dir"
seen() {
    local out
    out=$(venv/bin/python -m slipcover --source tests -m pytest -q -p no:cacheprovider "$@" tests 2>&1) || true
    if [[ $out == *"1 passed"* ]]; then echo "1 passed"
    else grep -oE 'PytestAssertRewriteWarning: .*' <<< "$out" | tail -1; fi
}
usual=$(seen)
errors=$(seen -W error)
ignored=$(seen -W error -W "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
echo "slipcover $(venv/bin/python -c 'from importlib.metadata import version; print(version("slipcover"))')"
echo "as it comes: $usual"
echo "with warnings as errors: $errors"
echo "and that one passed over: $ignored"
[[ $usual == "1 passed" && $errors == *"Module already imported so cannot be rewritten; slipcover" && $ignored == "1 passed" ]]
