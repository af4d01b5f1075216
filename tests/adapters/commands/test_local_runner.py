import os
import time
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.adapters.commands import LocalRunner
from openclaw_rpc.domain.commands import CommandRules, CommandSettings, Job, Mount, environment
from openclaw_rpc.domain.files import Files
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from openclaw_rpc.protocol.file import FileWriteParams
from tests.support.jobs import SANDBOXES, Shell, need
from tests.support.tools import Lines
from tests.support.workspace import workspaces


@pytest.fixture(params=SANDBOXES)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    return Shell(tmp_path, request.param)


async def test_a_command_answers_what_it_wrote_and_its_exit_code(shell: Shell) -> None:
    done = await shell("echo out; echo err >&2; exit 3")
    assert (done.stdout, done.stderr, done.exit_code) == ("out\n", "err\n", 3)
    assert not done.timed_out and not done.truncated and done.stopped_by is None and done.duration_ms >= 0


async def test_it_works_in_a_folder_of_the_workspace(shell: Shell) -> None:
    (shell.home / "sub").mkdir()
    done = await shell("pwd; echo $HOME; echo hi > x; cat ../sub/x", cwd="/sub")
    home = os.path.realpath(shell.home)
    assert done.stdout == f"{home}/sub\n{home}\nhi\n"
    assert (shell.home / "sub/x").read_text() == "hi\n"


@pytest.mark.parametrize("cwd", ["/none", "/file"])
async def test_a_folder_that_is_none_is_not_found(shell: Shell, cwd: str) -> None:
    (shell.home / "file").write_text("")
    with pytest.raises(NotFound) as missing:
        await shell("true", cwd=cwd)
    assert missing.value.field == "cwd"


async def test_a_folder_outside_is_refused(shell: Shell) -> None:
    (shell.home / "out").symlink_to("/etc")
    for cwd in ("/..", "/out"):
        with pytest.raises((InvalidRequest, NotFound)):
            await shell("true", cwd=cwd)


async def test_it_reads_what_it_is_given_and_nothing_else(shell: Shell) -> None:
    assert (await shell("cat", stdin="hé\n")).stdout == "hé\n"
    assert (await shell("cat")).stdout == ""
    assert (await shell("exit 0", stdin="x" * 1_000_000)).exit_code == 0


async def test_its_environment_is_what_it_is_told(shell: Shell) -> None:
    done = await shell("env", env={"NAME": "a 'value'"})
    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert "NAME=a 'value'" in done.stdout.splitlines()
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "LANG", "TERM", "TMPDIR", "NAME"}


async def test_a_signal_is_told_as_shells_do(shell: Shell) -> None:
    assert (await shell("kill -9 $$")).exit_code == 137


async def test_bytes_that_are_no_utf_8_are_replaced(shell: Shell) -> None:
    assert (await shell(r"printf 'a\377b'")).stdout == "a\ufffdb"


async def test_output_comes_as_it_is_written(shell: Shell) -> None:
    heard: list[tuple[str, str]] = []
    seen = anyio.Event()

    def hear(stream: str, text: str) -> None:
        heard.append((stream, text))
        seen.set()

    async with anyio.create_task_group() as group:

        async def run() -> None:
            await shell(r"printf 'one\303'; read x < go; printf '\251two'; echo err >&2", hear)

        os.mkfifo(shell.home / "go")
        group.start_soon(run)
        with anyio.fail_after(10):
            await seen.wait()
            assert heard == [("stdout", "one")]
            await anyio.to_thread.run_sync((shell.home / "go").write_text, "x\n")
    assert "".join(text for stream, text in heard if stream == "stdout") == "oneétwo"
    assert ("stderr", "err\n") in heard


async def test_output_is_cut_and_it_is_said(shell: Shell) -> None:
    done = await shell("head -c 100000 /dev/zero | tr '\\0' x; echo end >&2")
    assert done.truncated and done.stderr == "end\n"
    head, _, tail = done.stdout.partition("\n… (cut: ")
    count, _, end = tail.partition(" bytes) …\n")
    assert head == "x" * 32768
    assert set(end) == {"x"}
    assert len(head) + len(end) + int(count) == 100_000
    assert 65_500 < len(done.stdout.encode()) <= 65_536
    assert done.exit_code == 0


async def test_a_command_that_takes_too_long_is_a_result(shell: Shell) -> None:
    began = time.monotonic()
    done = await shell("echo begun; sleep 20", timeout=300)
    assert time.monotonic() - began < 5
    assert done.timed_out and done.stopped_by == "timeout" and done.exit_code == -1 and done.stdout == "begun\n"


async def test_it_is_asked_to_end_before_it_is_ended(shell: Shell) -> None:
    done = await shell("trap 'echo bye; exit' TERM; while :; do sleep 0.02; done", timeout=500)
    assert done.timed_out and done.stdout == "bye\n"


async def test_many_run_at_a_time(shell: Shell) -> None:
    codes: list[int] = []

    async def run(number: int) -> None:
        codes.append((await shell(f"exit {number}")).exit_code)

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(run, number)
    assert sorted(codes) == list(range(8))


async def test_a_line_too_long_for_the_system_is_refused(shell: Shell) -> None:
    with pytest.raises(InvalidRequest, match="too long"):
        await shell("x" * 99_000 + "é" * 1000, env={f"V{at}": "x" * 32_000 for at in range(150)})


async def test_lists_are_asked_first(tmp_path: Path) -> None:
    shell = Shell(tmp_path, "none", commands=CommandRules(deny=["rm"]))
    with pytest.raises(Forbidden, match="denied"):
        await shell("rm x")


async def test_users_work_in_their_own_workspaces(shell: Shell, tmp_path: Path) -> None:
    files = Files(workspaces(tmp_path))
    await files.write("ada", FileWriteParams(path="hers", content="x"))
    assert (await shell("ls", user="ada")).stdout == "hers\n"
    assert (await shell("ls")).stdout == ""


async def test_nothing_stays_open(shell: Shell) -> None:
    await shell("true")
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for timeout in (1, 20, 200):
        await shell("sleep 1", timeout=timeout)
        with anyio.move_on_after(timeout / 1000):
            await shell("sleep 1")
    assert len(os.listdir("/proc/self/fd")) <= len(before)  # noqa: PTH208


@pytest.mark.parametrize("sandbox", SANDBOXES)
async def test_a_job_sees_its_mounts_and_a_program_that_is_none_is_not_found(tmp_path: Path, sandbox: str) -> None:
    need(sandbox)
    settings = CommandSettings(sandbox=sandbox)  # type: ignore[arg-type]
    runner = LocalRunner(lambda: settings, Lines())
    for name in ("skill", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "skill/tool").write_text("#!/bin/sh\ncat\ntouch x && echo written\n")
    (tmp_path / "skill/tool").chmod(0o755)
    mounts = (Mount(path=str(tmp_path / "skill")), Mount(path=str(tmp_path / "data"), writable=True))
    job = Job(argv=("./tool",), cwd=str(tmp_path / "skill"), env=environment("/", {}), stdin=b"{}", mounts=mounts)
    done = await runner.run(job)
    assert done.stdout == (b"{}" if sandbox == "bubblewrap" else b"{}written\n")
    if sandbox == "none":
        with pytest.raises(NotFound):
            await runner.run(Job(argv=("./none",), cwd=str(tmp_path), env=environment("/", {})))


class TestWithoutBubblewrap:
    async def test_auto_goes_on_and_says_so(self) -> None:
        log = Lines()
        settings = CommandSettings()
        runner = LocalRunner(lambda: settings, log, find=lambda _: None)
        done = await runner.run(Job(argv=("/bin/echo", "hi"), cwd="/", env=environment("/", {})))
        assert done.stdout == b"hi\n"
        sandbox = await runner.sandbox()
        assert sandbox.kind == "none" and "not installed" in sandbox.reason
        assert [line[:2] for line in log.lines] == [("warning", "commands run without a sandbox")]

    async def test_bubblewrap_alone_refuses(self) -> None:
        settings = CommandSettings(sandbox="bubblewrap")
        runner = LocalRunner(lambda: settings, Lines(), find=lambda _: None)
        with pytest.raises(Unavailable, match="not installed"):
            await runner.run(Job(argv=("/bin/echo",), cwd="/"))

    async def test_one_that_may_not_make_its_namespaces_is_none(self, tmp_path: Path) -> None:
        broken = tmp_path / "bwrap"
        broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n")
        broken.chmod(0o755)
        settings = CommandSettings()
        runner = LocalRunner(lambda: settings, Lines(), find=lambda _: str(broken))
        assert "No permissions" in (await runner.sandbox()).reason
