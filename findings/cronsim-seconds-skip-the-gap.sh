#!/usr/bin/env bash
# cronsim 2.8: where the clock is put on, a fixed time that falls into the gap is moved behind it when the expression
# has five fields, and skipped for that day when the same time is written with a sixth field for the seconds.
#
# Seen: "30 2 * * *" from 2026-03-28 12:00 in Europe/Berlin is due on 03-29 03:00 (the gap's end);
#       "0 30 2 * * *", the same time of day, is next due on 03-30 02:30, so that 03-29 has none.
# Whoever lets users add seconds to a daily job loses one run a year.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --disable-pip-version-check -q install cronsim==2.8 tzdata
"$dir/venv/bin/python" - <<'PY'
from datetime import datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from cronsim import CronSim

start = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))
seen = {text: next(CronSim(text, start)).isoformat() for text in ("30 2 * * *", "0 30 2 * * *")}
print("cronsim", version("cronsim"))
for text, due in seen.items():
    print(f"{text!r:16} next {due}")
assert seen == {"30 2 * * *": "2026-03-29T03:00:00+02:00", "0 30 2 * * *": "2026-03-30T02:30:00+02:00"}, "it changed"
PY
