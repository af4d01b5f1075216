"""`openclaw` itself: its help, its exit codes, its manners."""

import subprocess
import sys
from importlib import import_module

import click
import pytest

from openclaw_rpc import __version__
from openclaw_rpc.cli.root import COMMANDS, root
from tests.cli.command import Home, program


def test_the_version_is_printed(home: Home) -> None:
    done = home.run("--version")
    assert (done.code, done.out.strip()) == (0, f"openclaw {__version__}")


@pytest.mark.parametrize("module", ["openclaw_rpc", "openclaw_rpc.cli"])
def test_the_module_is_the_program(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], check=False, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"openclaw {__version__}")


def test_help_lists_every_command(home: Home) -> None:
    done = home.run("--help")
    assert done.code == 0
    for name, entry in COMMANDS.items():
        assert name in done.out
        assert entry.doc in done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_has_a_help_of_its_own(name: str, home: Home) -> None:
    entry = COMMANDS[name]
    command = getattr(import_module(f"openclaw_rpc.cli.commands.{entry.module}"), entry.attribute)
    assert isinstance(command, click.Command)
    assert command.name == name
    done = home.run(name, "--help")
    assert done.code == 0
    assert f"openclaw {name}" in done.out.splitlines()[0]


def test_help_says_what_every_option_is_for_and_cuts_no_sentence() -> None:
    def look(command: click.Command, ctx: click.Context) -> None:
        options = [param for param in command.params if isinstance(param, click.Option)]
        assert not [option.opts for option in options if (option.help or "[").startswith("[")], ctx.command_path
        if isinstance(command, click.Group) and command.name != "call":
            assert "..." not in command.get_help(ctx).partition("Commands:")[2], ctx.command_path
            for name in command.list_commands(ctx):
                found = command.get_command(ctx, name)
                assert found is not None
                look(found, click.Context(found, parent=ctx, info_name=name))

    look(root, click.Context(root, info_name="openclaw"))


def test_help_imports_no_heavy_package() -> None:
    heavy = ["rich", "websockets", "aiohttp", "openai", "jwt", "anyio", "yaml", "structlog"]
    code = (
        "import sys; from openclaw_rpc.cli import main; main(['--help'])\n"
        f"print('LOADED', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_a_misspelt_command_is_answered_with_the_nearest_one(home: Home) -> None:
    done = home.run("gatway")
    assert done.code == 2
    assert "openclaw gateway" in done.err


def test_a_wrong_option_is_wrong_usage(home: Home) -> None:
    assert home.run("status", "--nonsense").code == 2


def test_no_colour_goes_into_a_pipe(home: Home) -> None:
    done = home.run("status", "--url", "http://127.0.0.1:1")
    assert done.code == 1
    assert "\x1b" not in done.out + done.err


def test_a_reader_that_goes_away_is_met_with_silence(home: Home) -> None:
    process = subprocess.Popen(
        [*program(), "call", "--list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=home.environment(),
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 1
    assert complaint == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str, home: Home) -> None:
    done = home.run("completion", shell)
    assert done.code == 0
    assert "_OPENCLAW_COMPLETE" in done.out


def test_commands_and_methods_are_completed(home: Home) -> None:
    commands = home.run(env={"_OPENCLAW_COMPLETE": "bash_complete", "COMP_WORDS": "openclaw ga", "COMP_CWORD": "1"})
    assert "plain,gateway" in commands.out
    words = {"_OPENCLAW_COMPLETE": "bash_complete", "COMP_WORDS": "openclaw call chat.r", "COMP_CWORD": "2"}
    assert home.run(env=words).out.splitlines() == ["plain,chat.run"]
