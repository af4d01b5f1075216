"""`skill.*`: prompts and tools that come in a folder, installed, switched on and off, and used."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import (
    JsonObject,
    Page,
    Paged,
    Params,
    Pin,
    Rate,
    Result,
    Scope,
    SessionKey,
    Topic,
    When,
)
from openclaw_rpc.protocol.errors import Conflict, NotFound, ProviderError, Timeout, TooLarge
from openclaw_rpc.protocol.method import Event, Method

SkillStatus = Literal["active", "disabled", "ineligible", "broken"]
"""Whether a skill is offered to agents, was switched off, lacks what it needs here (``unmet``), or can't be read
(``error``)."""

SkillName = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f/\\]+$", description="The skill's slug.")
]
SkillVersion = Annotated[
    str,
    Meta(
        min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$", description="As its author describes it."
    ),
]


class SkillPermissions(Result, frozen=True, kw_only=True, omit_defaults=False):
    """What a skill's commands may do: reach the network, use the user's workspace, be lines for a shell."""

    network: bool = False
    filesystem: bool = False
    shell: bool = False


class SkillInfo(Result, frozen=True, kw_only=True):
    """A skill. ``slug`` is its name in calls and after `@`, ``name`` what people call it.

    ``tools`` are its tools' names; ``invocations`` counts uses of them and of its prompt. ``source`` is where it was
    installed from; a skill that was put into the folder by hand has none. ``unmet`` says what it needs and does
    not find, ``warnings`` what is odd about how it is written. ``modelInvocable`` is false where its author wants only
    people to call it, ``userInvocable`` where only models are to; ``allowedTools`` are the tools it means to use.
    """

    slug: str
    name: str
    version: str
    status: SkillStatus
    enabled: bool
    description: str
    permissions: SkillPermissions
    installed_at: When
    invocations: int
    tools: list[str]
    last_used: When | None = None
    source: str | None = None
    error: str | None = None
    unmet: list[str] = []
    warnings: list[str] = []
    model_invocable: bool = True
    user_invocable: bool = True
    allowed_tools: list[str] = []


class SkillList(Page, frozen=True, kw_only=True):
    """All that are installed, by slug."""

    skills: list[SkillInfo]
    total: int


class SkillInstallParams(Params, frozen=True, kw_only=True):
    """What to install and where from. ``name`` is needed where it comes from a registry.

    What lies on this machine must be called ``name`` and be of ``version`` where they are given.
    """

    name: SkillName | None = None
    version: SkillVersion | None = None
    source: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=4096,
                pattern=r"^[^\x00]+$",
                description="A folder, a zip or a JSON file on the gateway's machine; `clawhub` or the address of the "
                "configured registry, which is also asked where nothing is said.",
            ),
        ]
        | None
    ) = None
    force: Annotated[
        bool, Meta(description="Replace another skill of the same version, and take one that the registry warns of.")
    ] = False


class SkillParams(Params, frozen=True, kw_only=True):
    """Which skill."""

    name: SkillName


class SkillRemoved(Result, frozen=True, kw_only=True):
    """It is gone."""

    name: str
    removed: bool


class SkillReadParams(Params, frozen=True, kw_only=True):
    """Which skill, and which file of its folder; its instructions where no file is named."""

    name: SkillName
    path: (
        Annotated[
            str, Meta(min_length=1, max_length=1000, description="A file of the skill's folder: `references/api.md`.")
        ]
        | None
    ) = None
    offset: Annotated[int, Meta(ge=0, le=2**53, description="Where to begin in the file, in bytes.")] = 0
    limit: Annotated[int, Meta(ge=1, le=2**24, description="How many bytes of it at most.")] = 2**20


class SkillContent(Result, frozen=True, kw_only=True):
    """A skill's instructions, or what is in a file of its folder.

    ``folder`` is where its files are on the gateway's machine, and in commands of agents; ``files`` are their paths in
    it. ``nextOffset`` is there where a file goes on behind this part.
    """

    name: str
    content: str
    size: Annotated[int, Meta(description="Of the whole, in bytes.")]
    path: str | None = None
    folder: str | None = None
    files: list[str] = []
    allowed_tools: list[str] = []
    next_offset: int | None = None


class SkillExecuteParams(Params, frozen=True, kw_only=True):
    """A tool of a skill and its arguments, used as the session's agent would."""

    name: SkillName
    action: Annotated[str, Meta(min_length=1, max_length=100, description="The name of one of its tools.")]
    params: Annotated[JsonObject, Meta(description="The tool's arguments, as its JSON Schema says.")] = {}
    session_key: SessionKey | None = None
    pin: Pin | None = None


class SkillExecuted(Result, frozen=True, kw_only=True):
    """What the tool answered, whole, and how long it took."""

    name: str
    action: str
    result: Any
    duration_ms: int
    call_id: str


class SkillSearchParams(Paged, frozen=True, kw_only=True):
    """Words to look for."""

    query: Annotated[str, Meta(min_length=1, max_length=500, description="Words of its name or description.")]
    limit: Annotated[int, Meta(ge=1, le=100, description="How many at most.")] = 20


class SkillFound(Result, frozen=True, kw_only=True):
    """A skill that fits; the better it fits, the earlier it comes."""

    slug: str
    name: str
    description: str
    installed: bool
    source: Literal["installed", "registry"]
    version: str | None = None


class SkillsFound(Page, frozen=True, kw_only=True):
    """Those that are installed, then the registry's. ``registryError`` says why there are none of the latter."""

    results: list[SkillFound]
    total: int
    registry_error: str | None = None


class SkillExecutedEvent(Result, frozen=True, kw_only=True):
    """A skill was used: one of its tools, or, where ``action`` is missing, its prompt by `@slug`."""

    skill: str
    status: Literal["completed", "failed"]
    user: str
    duration_ms: int = 0
    action: str | None = None
    run_id: str | None = None
    session_key: str | None = None
    error: str | None = None


skill_executed = Event("skill.executed", SkillExecutedEvent, "A skill was used.", topic=Topic.MESSAGES)

list_ = Method(
    name="skill.list",
    params=Paged,
    result=SkillList,
    pages="skills",
    doc="The skills that are installed; those that can't be used too, with what is wrong with them.",
    scope=Scope.READ,
)
install = Method(
    name="skill.install",
    params=SkillInstallParams,
    result=SkillInfo,
    doc="Install a skill from a folder, a zip or a registry, or replace it by another version; all of it or nothing.",
    scope=Scope.ADMIN,
    errors=(NotFound, Conflict, TooLarge, Timeout, ProviderError),
)
remove = Method(
    name="skill.remove",
    params=SkillParams,
    result=SkillRemoved,
    doc="Remove a skill and its files.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
)
enable = Method(
    name="skill.enable",
    params=SkillParams,
    result=SkillInfo,
    doc="Offer a skill to agents again.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
)
disable = Method(
    name="skill.disable",
    params=SkillParams,
    result=SkillInfo,
    doc="Stop offering a skill to agents; its files stay.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
)
execute = Method(
    name="skill.execute",
    params=SkillExecuteParams,
    result=SkillExecuted,
    doc="Use a skill's tool directly. Policies and the PIN hold as for agents.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    emits=(skill_executed,),
    errors=(NotFound, Conflict, Timeout, ProviderError),
)
read = Method(
    name="skill.read",
    params=SkillReadParams,
    result=SkillContent,
    doc="Read a skill's instructions, or a file of its folder.",
    scope=Scope.READ,
    rate=Rate.FILES,
    errors=(NotFound, Conflict),
)
search = Method(
    name="skill.search",
    params=SkillSearchParams,
    result=SkillsFound,
    pages="results",
    doc="Look for skills among those that are installed and in the registry.",
    scope=Scope.READ,
)

METHODS = (list_, install, remove, enable, disable, execute, read, search)
