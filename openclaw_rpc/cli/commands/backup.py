"""`openclaw backup`: all that is kept in one file, and back."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import anyio
import click

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import CommandGroup, offline_command, shared
from openclaw_rpc.cli.output import aside, is_terminal, print_json
from openclaw_rpc.cli.target import find_paths, storage_settings

T = TypeVar("T")

VARIABLE = "OPENCLAW_BACKUP_PASSPHRASE"
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help=f"A file whose first line is the passphrase; else {VARIABLE}.",
)


@click.group(cls=CommandGroup)
def backup() -> None:
    """Copy all that is kept to one file while the gateway runs, look at such a file, and put it back."""


@backup.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--encrypt", is_flag=True, help="Encrypt it with a passphrase, which is asked for if none is given.")
@passphrase_option
@offline_command
@click.pass_context
def create(ctx: click.Context, path: Path | None, encrypt: bool, passphrase_file: Path | None) -> None:
    """Write a backup to PATH: a file that is not there yet, or a folder; else the current folder.

    It holds the database, gateway.yaml, .env, skills, channels, workspaces and the state folder, but for the browser's
    profile; neither logs nor what gateway.yaml names elsewhere. It is encrypted if a passphrase is given.
    """
    from openclaw_rpc.app import backup as app

    paths = find_paths(shared(ctx))
    storage = storage_settings(paths)
    target = (path or Path.cwd()).expanduser().absolute()
    if target.is_dir():
        target /= app.backup_name(time.time())
    if target.exists():
        raise CliError(f"{target} is there already.", exit_code=2)
    passphrase = _given(passphrase_file)
    if passphrase is None and encrypt:
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
    lively = is_terminal(sys.stderr) and not shared(ctx).json

    def told(pages: int, whole: int) -> None:
        if lively:
            click.echo(f"\r\033[K{100 * pages // max(whole, 1)} %", nl=False, err=True)

    try:
        manifest = _run(app.create(storage, paths, target, passphrase, told))
    finally:
        if lively:
            click.echo("\r\033[K", nl=False, err=True)
    if shared(ctx).json:
        print_json({"path": str(target), "sealed": passphrase is not None, **_told(manifest)})
        return
    _describe(manifest)
    click.echo(str(target))
    if passphrase is None:
        aside("It is not encrypted, and holds keys and tokens: keep it where only you can read it, or use --encrypt.")


@backup.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@passphrase_option
@offline_command
@click.pass_context
def verify(ctx: click.Context, path: Path, passphrase_file: Path | None) -> None:
    """Read a backup to its end: every checksum, the database's pages, memories and audit log."""
    from openclaw_rpc.app import backup as app

    manifest = _run(app.verify(path, _needed(path, passphrase_file)))
    if shared(ctx).json:
        print_json({"intact": True, **_told(manifest)})
        return
    _describe(manifest)
    aside("The backup is intact.")


@backup.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Where to put it; else OPENCLAW_HOME.")
@click.option("--database", metavar="FILE|URL", help="The database to fill; else what its gateway.yaml names.")
@click.option("--replace", is_flag=True, help="Set aside what is there, under another name.")
@passphrase_option
@offline_command
@click.pass_context
def restore(
    ctx: click.Context,
    path: Path,
    home: Path | None,
    database: str | None,
    replace: bool,
    passphrase_file: Path | None,
) -> None:
    """Put back what a backup holds, once all of it was looked at. No gateway may run there.

    Clients that saw more than the backup holds begin their streams anew. What was waiting to be sent when it was made
    is sent, also where that had been done since.
    """
    from openclaw_rpc.app import backup as app
    from openclaw_rpc.config.paths import HOME_VARIABLE, Paths

    paths = find_paths(shared(ctx))
    if home is not None:
        paths = Paths.find({**os.environ, HOME_VARIABLE: str(home)}, shared(ctx).config)
    work = app.restore(path, _needed(path, passphrase_file), paths, os.environ, database=database, replace=replace)
    restored = _run(work)
    if shared(ctx).json:
        print_json(
            {"home": str(paths.home), "setAside": [str(one) for one in restored.aside], **_told(restored.manifest)}
        )
        return
    _describe(restored.manifest)
    for one in restored.aside:
        aside(f"What was there is {one} now.")
    if database is not None:
        aside("Name that database in `storage` of gateway.yaml before you start the gateway.")
    aside(f"Restored to {paths.home}.")


def _run(work: Coroutine[Any, Any, T]) -> T:
    from openclaw_rpc.app.backup import BackupUnusable

    async def run() -> T:
        return await work

    try:
        return anyio.run(run)
    except BackupUnusable as error:
        raise CliError(str(error)) from None


def _describe(manifest: Any) -> None:
    from openclaw_rpc.app.backup import lines_of

    for name, value in lines_of(manifest):
        click.echo(f"{name:10}{value}")


def _told(manifest: Any) -> dict[str, Any]:
    return {
        "id": manifest.id,
        "createdAt": manifest.created_at,
        "version": manifest.version,
        "engine": manifest.engine,
        "files": len(manifest.files),
        "bytes": sum(entry.size for entry in manifest.files),
        "rows": manifest.rows,
    }


def _given(file: Path | None) -> str | None:
    """The passphrase from a file or the environment."""
    if file is None:
        return os.environ.get(VARIABLE) or None
    line = file.read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
    if not line:
        raise CliError(f"The first line of {file} is empty: it must be the passphrase.", exit_code=2)
    return line


def _needed(path: Path, file: Path | None) -> str | None:
    """The passphrase of a backup that is sealed."""
    from openclaw_rpc.app.backup import is_sealed

    if not is_sealed(path):
        return None
    return _given(file) or click.prompt("Passphrase", hide_input=True, err=True)
