"""Model providers, agents and channels of `openclaw.json`, as sections of `gateway.yaml`."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from openclaw_rpc.app.importing.report import Report, rows, table, text
from openclaw_rpc.config.file import GatewayFile
from openclaw_rpc.domain.agents import DEFAULT_AGENT
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest

MAIN: Final = "main"
"""Their name of the agent that is always there."""
TYPES: Final[Mapping[str, str]] = {
    "openai-completions": "openai-compatible",
    "openai-responses": "openai-compatible",
    "ollama": "ollama",
    "anthropic-messages": "anthropic",
    "google-generative-ai": "gemini",
}
"""Ours for their `api`; the last two have an address of their own for what we speak, so that theirs is not taken."""
CHANNELS: Final[Mapping[str, Mapping[str, str]]] = {
    "telegram": {"botToken": "token"},
    "discord": {"token": "token"},
    "slack": {"botToken": "bot_token", "appToken": "app_token"},
}
"""The channels that are imported: our names of their secrets."""
Make = Callable[[], tuple[JsonObject, str]]
"""Makes a section of `gateway.yaml`, and says what is to be known of it; raises `LeftOut`."""
_OWN_ADDRESS: Final = frozenset({"anthropic-messages", "google-generative-ai"})
_VARIABLE: Final = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")
_OFF: Final = "switched off, since OpenClaw's gateway may still use it: `openclaw channels` switches it on"


class LeftOut(Exception):
    """A thing that is not imported; its text says why."""


def agent_id(theirs: str) -> str:
    """Our id of an agent."""
    return DEFAULT_AGENT if theirs in ("", MAIN) else theirs


def agents_of(config: JsonObject) -> list[JsonObject]:
    """The agents; where none is listed there is the one that is always there."""
    section = table(config.get("agents"))
    listed = [table(each) for each in rows(section.get("list"))]
    listed += [{**table(entry), "id": name} for name, entry in table(section.get("entries")).items()]
    listed = [each for each in listed if text(each.get("id"))]
    return listed if any(each["id"] == MAIN for each in listed) else [{"id": MAIN}, *listed]


async def import_settings(
    config: JsonObject,
    file: GatewayFile,
    report: Report,
    context: Mapping[str, list[str]],
    *,
    with_secrets: bool,
) -> None:
    """Write what is not there yet, a section each, so that one that is wrong keeps none of the others away.

    ``context`` are the context files by our agents' ids.
    """
    with tempfile.TemporaryDirectory(prefix="openclaw-import-") as folder:
        if report.dry_run:
            file = _copy_of(file, Path(folder))
        for kind, name, make in _wanted(config, context, with_secrets):
            try:
                section, detail = make()
                if name in getattr(file.settings, kind):
                    report.add(kind, name, "there already", "gateway.yaml has it, and is left as it is")
                    continue
                await file.update({kind: {name: section}})
            except LeftOut as why:
                report.add(kind, name, "left out", str(why))
            except (InvalidRequest, Conflict) as error:
                report.add(kind, name, "left out", error.message)
            else:
                report.add(kind, name, "imported", detail)


def _copy_of(file: GatewayFile, folder: Path) -> GatewayFile:
    """The same file elsewhere, to try a change on."""
    other = GatewayFile(folder / file.path.name, os.environ)
    if file.path.exists():
        shutil.copyfile(file.path, other.path)
    other.load()
    return other


def _wanted(
    config: JsonObject, context: Mapping[str, list[str]], with_secrets: bool
) -> Iterator[tuple[str, str, Make]]:
    for name, entry in table(table(config.get("models")).get("providers")).items():
        yield "providers", name, partial(_provider, name, table(entry), config, with_secrets)
    for agent in agents_of(config):
        ours = agent_id(agent["id"])
        yield "agents", ours, partial(_agent, agent, config, context.get(ours))
    for name, entry in table(config.get("channels")).items():
        if name != "defaults":
            yield "channels", name, partial(_channel, name, table(entry), with_secrets)


def _secret(value: Any, with_secrets: bool) -> tuple[str | None, str]:
    """What stands for a secret in our file (None: it is left out), and what is to be said of it."""
    reference = table(value)
    names: list[str] = _VARIABLE.findall(value) if isinstance(value, str) else []
    if reference.get("source") == "env" and text(reference.get("id")):
        names, value = [reference["id"]], f"${{{reference['id']}}}"
    if names:
        # Without a value of its own, a variable that is not set here would make the whole file invalid.
        return _VARIABLE.sub(r"${\1:-}", value), f"needs {', '.join(names)} in the gateway's environment"
    if reference:
        return None, f"a secret is read from {text(reference.get('source')) or 'elsewhere'}: set it by hand"
    if not text(value):
        return None, ""
    return (value, "") if with_secrets else (None, "a secret is left out: --with-secrets takes it")


def _provider(name: str, entry: JsonObject, config: JsonObject, with_secrets: bool) -> tuple[JsonObject, str]:
    models = [table(each) for each in rows(entry.get("models"))]
    api = text(entry.get("api")) or next((text(each.get("api")) for each in models if each.get("api")), "")
    kind = TYPES.get(api or "openai-completions")
    if kind is None:
        raise LeftOut(f"its API {api} is not supported here")
    asked = [model.partition("/")[2] for model in _models_of(config) if model.startswith(f"{name}/")]
    model = next((each for each in [*asked, *(text(one.get("id")) for one in models)] if each), "")
    if not model:
        raise LeftOut("it names no model")
    section: JsonObject = {"type": kind, "model": model}
    base = text(entry.get("baseUrl")).rstrip("/")
    if base and api not in _OWN_ADDRESS:
        section["base_url"] = f"{base}/v1" if api == "ollama" and not base.endswith("/v1") else base
    size = next((one.get("contextWindow") for one in models if one.get("id") == model), None)
    if isinstance(size, int) and size >= 256:
        section["context_tokens"] = size
    key, said = _secret(entry.get("apiKey"), with_secrets)
    notes = [said] if said else []
    if key is not None:
        section["api_key"] = key
    if entry.get("headers"):
        notes.append("its headers are left out, since they may hold secrets")
    return section, "; ".join(notes)


def _models_of(config: JsonObject) -> list[str]:
    """The models that agents ask, the default one first."""
    section = table(config.get("agents"))
    every = [table(section.get("defaults")), *agents_of(config)]
    return [model for each in every if (model := _primary(each.get("model")))]


def _primary(model: Any) -> str:
    return text(model) or text(table(model).get("primary"))


def _agent(agent: JsonObject, config: JsonObject, context: list[str] | None) -> tuple[JsonObject, str]:
    section: JsonObject = {}
    name = text(agent.get("name")) or text(table(agent.get("identity")).get("name"))
    model = _primary(agent.get("model")) or _primary(table(table(config.get("agents")).get("defaults")).get("model"))
    section |= {"name": name} if name else {}
    section |= {"model": model} if model else {}
    section |= {"context_files": context} if context else {}
    if agent.get("default") is True and agent["id"] != MAIN:
        section["default"] = True
    if not section:
        raise LeftOut("there is nothing to set")
    return section, ""


def _channel(name: str, entry: JsonObject, with_secrets: bool) -> tuple[JsonObject, str]:
    secrets = CHANNELS.get(name)
    if secrets is None:
        raise LeftOut("this channel does not exist here, or signs in differently: set it up by hand")
    section: JsonObject = {"enabled": False}
    notes = [_OFF]
    for theirs, ours in secrets.items():
        value, said = _secret(entry.get(theirs), with_secrets)
        if value is None:
            raise LeftOut(said or f"it has no {theirs}")
        section[ours] = value
        notes += [said] if said else []
    policy = text(entry.get("dmPolicy"))
    section |= {"policy": policy} if policy in ("open", "allowlist", "pairing") else {}
    allowed = [each for each in rows(entry.get("allowFrom")) if isinstance(each, str | int) and each != "*"]
    section |= {"allow": allowed} if allowed else {}
    if entry.get("accounts"):
        notes.append("its other accounts are left out")
    return section, "; ".join(notes)
