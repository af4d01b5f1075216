"""The log: what is kept, where, and what never is."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.adapters.logs import Logs, configure_logs
from openclaw_rpc.adapters.logs.redaction import Redactor
from openclaw_rpc.config.loading import load
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.secrets import PLACEHOLDER
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.ports import Log, LogBook
from openclaw_rpc.domain.records import LogRecord
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.log import LogEntry

SECRET = "hunter2-and-more"


def settings(text: str = "{}") -> Settings:
    return load(text, "gateway.yaml", {})


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.find({"OPENCLAW_HOME": str(tmp_path)})


@pytest.fixture
def logs(paths: Paths) -> Iterator[Logs]:
    made = configure_logs(settings(f"gateway: {{auth: {{token: {SECRET}}}}}"), paths, terminal=False)
    yield made
    made.close()


def file_lines(paths: Paths) -> list[dict]:
    return [json.loads(line) for line in (paths.logs / "gateway.log").read_text().splitlines()]


def test_it_is_the_book_and_makes_the_loggers_that_the_domain_asks_for(logs: Logs):
    book: LogBook = logs
    log: Log = logs.get("gateway")
    log.info("started", port=1)
    assert [line["message"] for line in book.tail(5, "info")] == ["started"]


def test_a_line_says_when_who_what_in_memory_and_in_the_file_alike(logs: Logs, paths: Paths):
    logs.get("memory").warning("slow search", ms=12.5, words=["a", "b"], found=None)
    (line,) = logs.tail(10, "debug")
    assert {key: line[key] for key in ("level", "component", "message", "fields")} == {
        "level": "warn",
        "component": "memory",
        "message": "slow search",
        "fields": {"ms": 12.5, "words": ["a", "b"], "found": None},
    }
    assert file_lines(paths) == [line]
    assert line["timestamp"].endswith("Z")
    assert len(line["timestamp"]) == 24
    assert msgspec.convert(line, LogEntry).message == "slow search"


def test_the_level_is_a_minimum_and_changes_while_it_runs(logs: Logs):
    log = logs.get("gateway")
    log.debug("one")
    logs.level = "debug"
    log.debug("two")
    logs.level = "error"
    log.warning("three")
    log.error("four")
    assert logs.level == "error"
    assert [line["message"] for line in logs.tail(10, "debug")] == ["two", "four"]
    assert [line["message"] for line in logs.tail(10, "error")] == ["four"]
    assert logs.tail(10, "critical") == []


def test_the_tail_is_the_newest_lines_the_oldest_first_by_component_and_time(logs: Logs):
    for number in range(6):
        logs.get("even" if number % 2 == 0 else "odd").info(str(number))
    assert [line["message"] for line in logs.tail(2, "info")] == ["4", "5"]
    assert [line["message"] for line in logs.tail(2, "info", component="even")] == ["2", "4"]
    assert logs.tail(9, "info", component="eve") == []
    assert len(logs.tail(9, "info", since="2020-01-01")) == 6
    assert len(logs.tail(9, "info", since="2020-01-01T00:00:00+05:00")) == 6
    assert logs.tail(9, "info", since="2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(("since", "level", "field"), [("yesterday", "info", "since"), (None, "loud", "level")])
def test_a_question_that_makes_no_sense_names_its_field(logs: Logs, since: str | None, level: str, field: str):
    with pytest.raises(InvalidRequest) as caught:
        logs.tail(1, level, since)
    assert caught.value.field == field


def test_the_newest_lines_alone_stay_in_memory(logs: Logs):
    logs.apply(settings("logging: {file: false}"))
    log = logs.get("gateway")
    for number in range(5_010):
        log.info(str(number))
    kept = logs.tail(10_000, "debug")
    assert (len(kept), kept[0]["message"], kept[-1]["message"]) == (5_000, "10", "5009")
    for _ in range(3_000):
        log.info("long", text="x y " * 1_000)
    assert sum(len(line["fields"].get("text", "")) for line in logs.tail(10_000, "debug")) <= 8 * 1024 * 1024


def test_known_secrets_are_taken_out_of_messages_fields_keys_and_tracebacks(logs: Logs, paths: Paths):
    log = logs.get("gateway")
    log.info(f"the token is {SECRET}", url=f"http://x/?q={SECRET}", deep=[{"a": (SECRET, {SECRET: 1})}])
    log.info("by key", api_key="short", headers={"Via": "x"}, password=1234, nested={"clientSecret": ["y"]})
    try:
        raise ValueError(f"wrong token {SECRET}")
    except ValueError as error:
        log.error("failed", exc_info=True, error=error)
    everything = (paths.logs / "gateway.log").read_text() + repr(logs.tail(10, "debug"))
    assert SECRET not in everything
    assert "short" not in everything
    assert "1234" not in everything
    assert logs.tail(2, "debug")[0]["fields"]["headers"] == {"Via": PLACEHOLDER}
    assert "ValueError: wrong token ***REDACTED***" in logs.tail(1, "debug")[0]["fields"]["exception"]


def test_secrets_of_changed_settings_are_taken_out_as_well(logs: Logs):
    log = logs.get("gateway")
    logs.apply(
        settings("providers: {primary: {type: openai, model: m, api_key: another-secret}}\nlogging: {level: debug}")
    )
    log.debug(f"another-secret and {SECRET}")
    assert logs.tail(1, "debug")[0]["message"] == f"{PLACEHOLDER} and {PLACEHOLDER}"


@given(
    secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30),
    before=st.text("ab \n", max_size=5),
    after=st.text("ab \n", max_size=5),
)
def test_no_known_secret_is_ever_left_in_a_text(secret: str, before: str, after: str):
    redactor = Redactor()
    redactor.protect([secret])
    found = redactor.fields({"a": before + secret + after, "b": [{"c": (secret,)}], "e": ValueError(secret)})
    texts = [found["a"], found["b"][0]["c"][0], found["e"]]
    if secret not in PLACEHOLDER and secret not in f"{before}{PLACEHOLDER}{after}ValueError: ":
        assert not any(secret in text for text in texts)
    assert all(PLACEHOLDER in text for text in texts)


def test_a_secret_that_a_cut_would_split_does_not_show_its_half():
    redactor = Redactor()
    redactor.protect([SECRET])
    assert "hunter" not in redactor.text("x" * 3_995 + SECRET + "y" * 100)


def test_values_of_any_kind_become_plain_and_bounded(logs: Logs):
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    endless: list = []
    endless.append(endless)
    logs.get("gateway").info(
        "odd", a=Odd(), b=b"abc", c=10**30, d=endless, e=range(3), f="x" * 10_000, g=list(range(99))
    )
    fields = logs.tail(1, "info")[0]["fields"]
    assert (fields["a"], fields["b"], fields["c"]) == ("<Odd that has no text>", "<3 bytes>", str(10**30))
    assert len(fields["f"]) < 5_000
    assert len(fields["g"]) == 51
    assert msgspec.json.encode(fields)


def test_fields_may_have_any_name(logs: Logs):
    logs.get("gateway").info("x", event="e", level="l", method_name="m", timestamp="t")
    assert logs.tail(1, "info")[0]["message"] == "x"
    assert logs.tail(1, "info")[0]["fields"] == {"level": "l", "method_name": "m", "timestamp": "t"}


def test_variables_of_the_context_become_fields(logs: Logs):
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        logs.get("gateway").info("within")
    logs.get("gateway").info("without")
    assert [line["fields"] for line in logs.tail(2, "info")] == [{"request_id": "r1"}, {}]


def test_whoever_follows_gets_each_line_once_and_can_log_itself(logs: Logs):
    heard: list[LogRecord] = []

    def follow(record: LogRecord) -> None:
        heard.append(record)
        logs.get("follower").info("heard one")

    stop = logs.subscribe(follow)
    logs.get("gateway").info("one")
    stop()
    logs.get("gateway").info("two")
    assert [record.message for record in heard] == ["one"]
    assert [line["message"] for line in logs.tail(9, "info")] == ["one", "heard one", "two"]


def test_a_follower_that_fails_is_named_and_hurts_nobody(logs: Logs):
    def broken(record: LogRecord) -> None:
        raise ValueError("no")

    logs.subscribe(broken)
    logs.get("gateway").info("one")
    assert [line["message"] for line in logs.tail(9, "info")] == ["one", "a follower of the log failed"]


def test_libraries_lines_come_under_their_packages_names_without_their_debug_lines(logs: Logs):
    logging.getLogger("aiohttp.server").error("Unhandled %s", f"Bearer {SECRET}", exc_info=ValueError("why"))
    logging.getLogger("websockets.server").info("connection open")
    logs.level = "debug"
    logging.getLogger("websockets.server").info("connection open")
    logging.getLogger("websockets.server").debug("frame with everything in it")
    lines = logs.tail(9, "debug")
    assert [(line["component"], line["level"]) for line in lines] == [("aiohttp", "error"), ("websockets", "info")]
    assert lines[0]["message"] == f"Unhandled Bearer {PLACEHOLDER}"
    assert lines[0]["fields"] == {"logger": "aiohttp.server", "exception": "ValueError: why"}


def test_closing_leaves_the_standard_librarys_logging_as_it_was(paths: Paths):
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    made = configure_logs(settings("logging: {level: debug}"), paths, terminal=False)
    assert (root.level, list(root.handlers)) != before
    made.close()
    assert (root.level, list(root.handlers)) == before


def test_files_are_rotated_and_their_owners_alone(logs: Logs, paths: Paths):
    logs.apply(settings("logging: {max_bytes: 65536, backups: 2}"))
    for _ in range(100):
        logs.get("gateway").info("x y " * 900)
    files = sorted(path.name for path in paths.logs.iterdir())
    assert files == ["gateway.log", "gateway.log.1", "gateway.log.2"]
    assert {path.stat().st_mode & 0o777 for path in paths.logs.iterdir()} == {0o600}
    assert all(path.stat().st_size <= 65536 for path in paths.logs.iterdir())
    assert paths.logs.stat().st_mode & 0o777 == 0o700


def test_without_a_place_for_files_the_lines_stay_in_memory_and_one_says_so(tmp_path: Path):
    (tmp_path / "logs").write_text("a file where the folder should be")
    made = configure_logs(settings(), Paths.find({"OPENCLAW_HOME": str(tmp_path)}), terminal=False)
    made.get("gateway").info("on it goes")
    made.close()
    assert [line["level"] for line in made.tail(9, "info")] == ["warn", "info"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_once_and_stops_nothing(paths: Paths):
    paths.logs.mkdir(parents=True)
    (paths.logs / "gateway.log").symlink_to("/dev/full")
    made = configure_logs(settings("logging: {max_bytes: 65536}"), paths, terminal=False)
    for number in range(3):
        made.get("gateway").info(str(number))
    made.close()
    assert [line["message"] for line in made.tail(9, "info")][:4] == ["0", "the log's file can't be written", "1", "2"]


def test_lines_of_many_threads_are_all_kept_and_whole(logs: Logs, paths: Paths):
    def write(name: str) -> None:
        for number in range(200):
            logs.get(name).info("line", number=number)

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(logs.tail(10_000, "info")) == len(file_lines(paths)) == 800


def test_a_terminal_gets_readable_lines_that_cannot_steer_it(paths: Paths):
    out = io.StringIO()
    made = configure_logs(settings(f"gateway: {{auth: {{token: {SECRET}}}}}"), paths, terminal=True, stream=out)
    made.get("gateway").info("hello\x1b[2J", who=f"\x1b]0;{SECRET}\x07", n=1)
    out.seek(0)
    text = out.read()
    made.close()
    assert "hello" in text
    assert "n=1" in text
    assert "[gateway]" in text
    assert not any(bad in text for bad in ("\x1b", "\x07", SECRET))
    out.close()
    made.get("gateway").info("a terminal that is gone hurts nobody")


def test_a_line_that_is_not_kept_costs_one_call(logs: Logs):
    log = logs.get("gateway")
    calls: list[str] = []
    sys.setprofile(lambda frame, event, _: calls.append(frame.f_code.co_name) if event == "call" else None)
    try:
        log.debug("nothing", a=1, b="two")
    finally:
        sys.setprofile(None)
    assert len(calls) == 1, calls


def test_importing_the_log_does_not_import_rich():
    code = "import sys, openclaw_rpc.adapters.logs; print({'rich', 'openai'} & set(sys.modules))"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.strip() == "set()"
    code = "import openclaw_rpc.adapters.logs, structlog, rich.console; print('rich')"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.strip() == "rich"


def lines_of(path: Path) -> list[str]:
    return [json.loads(line)["message"] for line in path.read_text().splitlines()]


def old_line(message: str, day: int) -> str:
    record = LogRecord(timestamp=f"2026-01-{day:02}T00:00:00.000Z", level="info", component="x", message=message)
    return msgspec.json.encode(record).decode() + "\n"


def test_lines_that_are_over_go_from_every_file_and_new_ones_are_still_written(paths: Paths) -> None:
    paths.prepare()
    path = paths.logs / "gateway.log"
    path.with_name("gateway.log.2").write_text(old_line("oldest", 1) + old_line("older", 2))
    path.with_name("gateway.log.1").write_text(old_line("old", 3) + old_line("kept", 5))
    path.write_text(old_line("out of order", 4) + old_line("kept too", 6) + "not a line\n")
    logs = configure_logs(settings(), paths, terminal=False)
    try:
        logs.get("test").info("before")
        assert logs.prune("2026-01-05T00:00:00.000Z") == 5
        assert logs.prune("2026-01-05T00:00:00.000Z") == 0
        logs.get("test").info("after")
        assert lines_of(path.with_name("gateway.log.2")) == []
        assert lines_of(path.with_name("gateway.log.1")) == ["kept"]
        assert lines_of(path) == ["kept too", "before", "after"]
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        logs.close()


def test_no_line_is_lost_that_is_written_while_old_ones_go(paths: Paths) -> None:
    paths.prepare()
    path = paths.logs / "gateway.log"
    path.write_text("".join(old_line(f"old {number}", 1) for number in range(5_000)))
    logs = configure_logs(settings(), paths, terminal=False)
    log = logs.get("test")
    stop = threading.Event()
    written: list[str] = []

    def write() -> None:
        while not stop.is_set():
            log.info(f"line {len(written)}")
            written.append(f"line {len(written)}")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert logs.prune("2026-01-02T00:00:00.000Z") == 5_000
    finally:
        stop.set()
        thread.join()
        logs.close()
    assert lines_of(path) == written
