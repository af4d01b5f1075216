"""Commands that want more than they may: each gets it from a twin that simply starts a shell, and not here.

What a sandbox alone can keep is tried in bubblewrap alone; where that can't run, the test says why it is skipped.
"""

import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from uuid import uuid4

import anyio
import pytest

from openclaw_rpc.domain.commands import CommandLimits
from tests.support.jobs import MIB, SANDBOXES, SMALL, Shell, alive, end, gone, need, there

TOKEN = "sk-gateway-token-12345"


@pytest.fixture(params=SANDBOXES)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    return Shell(tmp_path, request.param)


@pytest.fixture
def boxed(tmp_path: Path) -> Shell:
    return Shell(tmp_path, "bubblewrap")


def marker() -> str:
    """A number of seconds that no other `sleep` of this machine sleeps."""
    return f"3{uuid4().int % 10**12}"


def twin(line: str, home: Path) -> str:
    """Runs a line as the naive do."""
    return subprocess.run(
        line, shell=True, cwd=home, capture_output=True, text=True, check=False, timeout=10, stdin=subprocess.DEVNULL
    ).stdout


@pytest.mark.parametrize("line", ["env", "cat /proc/self/environ", "cat /proc/$PPID/environ", "cat /proc/*/environ"])
async def test_the_gateways_secrets_are_in_no_environment(
    boxed: Shell, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("GATEWAY_AUTH_TOKEN", TOKEN)
    assert TOKEN in twin("env", boxed.home)
    assert TOKEN not in (await boxed(line)).stdout


async def test_without_a_sandbox_the_environment_is_clean_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path, "none")
    monkeypatch.setenv("GATEWAY_AUTH_TOKEN", TOKEN)
    assert TOKEN in twin("env", shell.home)
    assert TOKEN not in (await shell("env; cat /proc/self/environ /proc/$PPID/environ")).stdout


async def test_no_descriptor_of_the_gateway_is_inherited(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(TOKEN)
    with (tmp_path / "secret").open() as kept:
        os.set_inheritable(kept.fileno(), True)
        naive = ["cat", f"/proc/self/fd/{kept.fileno()}"]
        assert subprocess.run(naive, close_fds=False, capture_output=True, text=True, check=False).stdout == TOKEN
        done = await shell(f"cat /proc/self/fd/{kept.fileno()} >&2; ls /proc/self/fd | wc -l")
    assert TOKEN not in done.stderr and int(done.stdout) <= 5


@pytest.mark.parametrize(
    "way", ["cat {root}/secret", "cat ../secret", "cat link", "ls {root}", "cat /etc/shadow", "ls /root /home"]
)
async def test_files_outside_the_workspace_are_not_there(boxed: Shell, tmp_path: Path, way: str) -> None:
    (tmp_path / "secret").write_text(TOKEN)
    (boxed.home / "link").symlink_to("../secret")
    line = way.format(root=tmp_path)
    if "secret" in line or "link" in line:
        assert TOKEN in twin(line, boxed.home)
    done = await boxed(line)
    assert (
        TOKEN not in done.stdout
        and "secret" not in done.stdout
        and (done.exit_code != 0 or done.stdout == "workspace\n")
    )


async def test_the_gateways_folders_stay_hidden_where_what_is_above_them_may_be_read(tmp_path: Path) -> None:
    home = tmp_path / "readable/openclaw"
    home.mkdir(parents=True)
    (home / "gateway.yaml").write_text(TOKEN)
    (tmp_path / "readable/tool").write_text("a tool")
    shell = Shell(home, "bubblewrap", command_readable=[str(tmp_path / "readable")])
    done = await shell("cat ../../tool; cat ../gateway.yaml; ls -A ..; touch here")
    assert done.stdout == "a toolworkspace\n" and (home / "workspace/here").exists()


@pytest.mark.parametrize(
    "path",
    [
        "/usr/x",
        "/etc/x",
        "/etc/passwd",
        "/x",
        "/bin/x",
        "/dev/x",
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/swappiness",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
    ],
)
async def test_the_system_can_not_be_changed(boxed: Shell, path: str) -> None:
    """A gateway that runs as root owns all this, and what it runs has the same user id."""
    if path.startswith("/proc") and not Path(path).exists():
        pytest.skip(f"this kernel has no {path}")
    done = await boxed(f"cat {path} > copy; cat copy >> {path}")
    assert done.exit_code != 0 and "Read-only" in done.stderr, done


async def test_devices_can_be_used(boxed: Shell) -> None:
    done = await boxed("echo x > /dev/null && head -c 3 /dev/zero > /dev/full")
    assert done.stderr.count("\n") == 1 and "No space" in done.stderr


async def test_other_processes_can_not_be_seen_or_ended(boxed: Shell) -> None:
    mark = marker()
    victim = subprocess.Popen(["sleep", mark])
    try:
        assert mark in twin("cat /proc/[0-9]*/cmdline | tr '\\0' ' '", boxed.home)
        done = await boxed(f"cat /proc/[0-9]*/cmdline | tr '\\0' ' '; kill -9 {victim.pid}; kill -9 -1")
        assert f"sleep {mark}" not in done.stdout
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


async def test_there_is_no_network_unless_it_is_allowed(tmp_path: Path) -> None:
    need("bubblewrap")
    if not Path("/bin/bash").exists():
        pytest.skip("bash is not installed, whose /dev/tcp connects")
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = f"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]} && echo connected'"
        assert twin(line, tmp_path) == "connected\n"
        assert (await Shell(tmp_path, "bubblewrap")(line)).stdout == ""
        assert (await Shell(tmp_path, "bubblewrap", command_network=True)(line)).stdout == "connected\n"


async def test_nobody_is_root_in_the_sandbox_and_nobody_makes_another(boxed: Shell) -> None:
    done = await boxed("grep -E 'Cap(Eff|Prm|Bnd)' /proc/self/status; mount -t tmpfs x /tmp && echo mounted")
    assert "mounted" not in done.stdout
    assert {line.split()[1].strip("0") for line in done.stdout.splitlines()} == {""}


ESCAPES = [
    "sleep {mark} & exit 0",
    "nohup sleep {mark} > /dev/null 2>&1 & exit 0",
    "setsid sleep {mark} > /dev/null 2>&1 < /dev/null & exit 0",
    "(setsid sh -c 'sleep {mark} & ' &) ; exit 0",
]


@pytest.mark.parametrize("way", ESCAPES)
async def test_nothing_outlives_its_command(shell: Shell, way: str) -> None:
    mark = marker()
    twin(way.format(mark=mark).replace("sleep", "sleep </dev/null >/dev/null 2>&1"), shell.home)
    await end(mark)
    done = await shell(way.format(mark=mark), timeout=5000)
    assert not done.timed_out
    assert alive(mark) == []


STUBBORN = [
    "trap '' TERM INT HUP; sleep {mark}; sleep {mark}",
    "trap '' TERM; (trap '' TERM; setsid sleep {mark}) & wait; while :; do sleep {mark}; done",
    "setsid sh -c \"trap '' TERM; sleep {mark}; sleep {mark}\" & sleep {mark}",
    "kill -STOP $$; sleep {mark}",
]


@pytest.mark.parametrize("way", STUBBORN)
async def test_whoever_ignores_the_signal_is_ended_all_the_same(shell: Shell, way: str) -> None:
    mark = marker()
    began = time.monotonic()
    done = await shell(way.format(mark=mark), timeout=300)
    assert done.stopped_by == "timeout" and time.monotonic() - began < 3
    assert alive(mark) == []


@pytest.mark.parametrize("way", STUBBORN[:3])
async def test_giving_up_ends_a_command_and_its_children_at_once(shell: Shell, way: str) -> None:
    mark = marker()
    began = 0.0
    await shell("true")
    async with anyio.create_task_group() as group:
        group.start_soon(shell, way.format(mark=mark))
        await there(mark)
        began = time.monotonic()
        group.cancel_scope.cancel()
    took = time.monotonic() - began
    assert alive(mark) == []
    assert took < 1, "0.25 s is what it takes on a machine that has nothing else to do"


@pytest.mark.parametrize("sandbox", SANDBOXES)
async def test_a_gateway_that_is_killed_takes_its_commands_along(tmp_path: Path, sandbox: str) -> None:
    need(sandbox)
    mark = marker()
    program = textwrap.dedent(f"""
        import sys, anyio
        from pathlib import Path
        from tests.support.jobs import Shell
        anyio.run(Shell(Path({str(tmp_path)!r}), {sandbox!r}), "setsid sleep {mark} & trap '' TERM; sleep {mark}")
    """)
    gateway = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2])
    try:
        await there(mark, 20)
    finally:
        gateway.kill()
        gateway.wait()
    await gone(mark)


@pytest.mark.parametrize(
    "line",
    ["yes", "yes >&2", "cat /dev/zero", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; echo y >&2; done"],
)
async def test_output_without_end_is_ended(shell: Shell, line: str) -> None:
    done = await shell(line, timeout=15_000)
    assert done.stopped_by == "output" and done.truncated and done.exit_code == -1
    assert len(done.stdout) <= SMALL.output_bytes and len(done.stderr) <= SMALL.output_bytes


@pytest.mark.parametrize(
    "bomb",
    [
        "i=0; while [ $i -lt 400 ]; do sleep {mark} & i=$((i+1)); done; wait",
        "f() {{ if [ $1 -gt 0 ]; then f $(($1-1)) & f $(($1-1)) & fi; sleep {mark}; }}; f 8",
        "i=0; while [ $i -lt 400 ]; do setsid sleep {mark} & i=$((i+1)); done; wait",
    ],
)
async def test_forks_are_bounded_and_all_are_ended(shell: Shell, bomb: str) -> None:
    """Bombs that would stop by themselves, at 400 or 511 processes."""
    mark = marker()
    done = await shell(bomb.format(mark=mark), timeout=10_000)
    assert done.stopped_by in ("processes", "timeout") or done.exit_code != 0
    assert alive(mark) == []


MEMORY = [
    "head -c 400m /dev/zero | tail > /dev/null",
    "for i in 1 2 3 4; do (head -c 100m /dev/zero | tail -c 90m > /dev/null; sleep 5) & done; wait",
]


@pytest.mark.parametrize("line", MEMORY)
async def test_memory_is_bounded(tmp_path: Path, line: str) -> None:
    for sandbox in SANDBOXES:
        need(sandbox)
        limits = CommandLimits(memory_bytes=64 * MIB, processes=40)
        began = time.monotonic()
        done = await Shell(tmp_path, sandbox, command_limits=limits)(line, timeout=4000)
        assert done.stopped_by in ("memory", "timeout") or "memory exhausted" in done.stderr or done.exit_code != 0
        assert time.monotonic() - began < 10


async def test_memory_of_many_is_added_up(shell: Shell) -> None:
    hold = "head -c {size}m /dev/zero | tail -c {size}m | (sleep 20)"
    line = " & ".join(hold.format(size=12) for _ in range(10)) + "; wait"
    shell.settings = type(shell.settings)(
        sandbox=shell.settings.sandbox, command_limits=CommandLimits(memory_bytes=64 * MIB, processes=100)
    )
    done = await shell(line, timeout=15_000)
    assert done.stopped_by == "memory"


async def test_files_do_not_fill_the_disk(shell: Shell) -> None:
    await shell("head -c 50m /dev/zero > large; dd if=/dev/zero of=other bs=1M count=50")
    for name in ("large", "other"):
        assert (shell.home / name).stat().st_size <= SMALL.file_bytes


async def test_no_core_is_left_behind(shell: Shell) -> None:
    await shell("ulimit -c unlimited 2>/dev/null; kill -SEGV $$")
    assert list(shell.home.iterdir()) == []


@pytest.mark.parametrize(
    "words", ["; echo pwned", "$(echo pwned)", "`echo pwned`", "| echo pwned", "\n echo pwned", "' ; echo pwned '"]
)
async def test_folders_and_variables_are_no_shell_words(shell: Shell, words: str) -> None:
    name = "a" + words
    (shell.home / name).mkdir()
    assert "pwned" in twin(f"cd {name} && pwd; echo {name}", shell.home).replace(words, "") or "'" in words
    done = await shell('printf %s "$X"', cwd=f"/{name}", env={"X": words})
    assert done.stdout == words
