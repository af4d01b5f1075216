"""What `skill.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class SkillPermissions(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What a skill's commands may do: reach the network, use the user's workspace, be lines for a shell."""

    network: bool = False
    filesystem: bool = False
    shell: bool = False


class SkillInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A skill. `slug` is its name in calls and after `@`, `name` what people call it.

    `tools` are its tools' names; `invocations` counts uses of them and of its prompt. `source` is where it was
    installed from; a skill that was put into the folder by hand has none. `unmet` says what it needs and does not
    find, `warnings` what is odd about how it is written. `modelInvocable` is false where its author wants only
    people to call it, `userInvocable` where only models are to; `allowedTools` are the tools it means to use.
    """

    slug: str
    name: str
    version: str
    status: Literal["active", "broken", "disabled", "ineligible"]
    enabled: bool
    description: str
    permissions: SkillPermissions
    installed_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    invocations: int
    tools: list[str]
    last_used: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    source: str | None = None
    error: str | None = None
    unmet: list[str] = []
    warnings: list[str] = []
    model_invocable: bool = True
    user_invocable: bool = True
    allowed_tools: list[str] = []


class SkillList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All that are installed, by slug."""

    next_cursor: str | None = None
    skills: list[SkillInfo]
    total: int


class SkillInstallParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to install and where from. `name` is needed where it comes from a registry.

    What lies on this machine must be called `name` and be of `version` where they are given.
    """

    name: str | None = None
    """The skill's slug."""
    version: str | None = None
    """As its author describes it."""
    source: str | None = None
    """A folder, a zip or a JSON file on the gateway's machine; `clawhub` or the address of the configured registry,
    which is also asked where nothing is said.
    """
    force: bool = False
    """Replace another skill of the same version, and take one that the registry warns of."""


class SkillParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which skill."""

    name: str
    """The skill's slug."""


class SkillRemoved(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is gone."""

    name: str
    removed: bool


class SkillReadParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which skill, and which file of its folder; its instructions where no file is named."""

    name: str
    """The skill's slug."""
    path: str | None = None
    """A file of the skill's folder: `references/api.md`."""
    offset: int = 0
    """Where to begin in the file, in bytes."""
    limit: int = 1048576
    """How many bytes of it at most."""


class SkillContent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A skill's instructions, or what is in a file of its folder.

    `folder` is where its files are on the gateway's machine, and in commands of agents; `files` are their paths in
    it. `nextOffset` is there where a file goes on behind this part.
    """

    name: str
    content: str
    size: int
    """Of the whole, in bytes."""
    path: str | None = None
    folder: str | None = None
    files: list[str] = []
    allowed_tools: list[str] = []
    next_offset: int | None = None


class SkillExecuteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A tool of a skill and its arguments, used as the session's agent would."""

    name: str
    """The skill's slug."""
    action: str
    """The name of one of its tools."""
    params: dict[str, Any] | UnsetType = UNSET
    """The tool's arguments, as its JSON Schema says."""
    session_key: str | None = None
    """The client's name of a session."""
    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""


class SkillExecuted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What the tool answered, whole, and how long it took."""

    name: str
    action: str
    result: Any
    duration_ms: int
    call_id: str


class SkillSearchParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Words to look for."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    query: str
    """Words of its name or description."""
    limit: int = 20
    """How many at most."""


class SkillFound(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A skill that fits; the better it fits, the earlier it comes."""

    slug: str
    name: str
    description: str
    installed: bool
    source: Literal["installed", "registry"]
    version: str | None = None


class SkillsFound(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Those that are installed, then the registry's. `registryError` says why there are none of the latter."""

    next_cursor: str | None = None
    results: list[SkillFound]
    total: int
    registry_error: str | None = None


class SkillExecutedEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A skill was used: one of its tools, or, where `action` is missing, its prompt by `@slug`."""

    skill: str
    status: Literal["completed", "failed"]
    user: str
    duration_ms: int = 0
    action: str | None = None
    run_id: str | None = None
    session_key: str | None = None
    error: str | None = None
