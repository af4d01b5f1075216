"""`skills` in `gateway.yaml`."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SkillSlug = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class SkillSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where skills come from, and what their commands run in."""

    registry: Annotated[
        str,
        Meta(
            min_length=4,
            max_length=1000,
            pattern=r"^(none|https?://[^\s/?#@]+(/[^\s?#]*)?)$",
            description="The address of a registry that speaks ClawHub's HTTP API; `none` for none.",
        ),
    ] = "https://clawhub.ai"
    container: Annotated[
        Literal["none", "podman"],
        Meta(description="What skills' commands run in: the sandbox of all commands, or a container of podman's."),
    ] = "none"
    image: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=300,
            pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._/:@-]*$",
            description="The container's image; it must hold the programs that the skills' commands need.",
        ),
    ] = "docker.io/library/python:3-slim"
    timeout_seconds: Annotated[float, Meta(gt=0, le=600, description="How long a skill's command may take.")] = 60
    max_listed: Annotated[
        int,
        Meta(ge=0, le=1000, description="An agent with more skills than this searches them with a tool, unlisted."),
    ] = 50
    env: Annotated[
        dict[SkillSlug, dict[Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,199}$")], str]],
        Meta(description="Variables that a skill's commands are given, by slug: its API keys."),
    ] = {}
