"""`openclaw completion`: the script that makes a shell complete commands, options and methods."""

import click
from click.shell_completion import get_completion_class

from openclaw_rpc.cli.errors import CliError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    For bash: `eval "$(openclaw completion bash)"`, in ~/.bashrc to keep it.
    """
    found = get_completion_class(shell)
    if found is None:
        raise CliError(f"There is no completion for {shell}.")
    click.echo(found(ctx.find_root().command, {}, "openclaw", "_OPENCLAW_COMPLETE").source())
