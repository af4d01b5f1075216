"""Which tools are simply used, which wait for a human, which are never used; and by whom."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from openclaw_rpc.protocol.base import Name
from openclaw_rpc.protocol.tool import ToolPolicy

PolicyMap = Mapping[str, ToolPolicy]
"""Policies by tools' names; `*` in a name stands for any characters."""

STRANGERS: Final = frozenset({"telegram", "discord", "slack", "whatsapp", "webhook"})
"""Channels of sessions in which others than the owner may speak."""
UNWATCHED: Final = frozenset({"task", "tasks"})
"""Channels of sessions whose runs begin by themselves."""
PARTS: Final[Mapping[str, str]] = dict.fromkeys(("command_start", "command_output", "command_stop"), "shell")
"""Tools that are a part of another: what rules and policies say of that holds for them too."""
_STRICTNESS: Final[Mapping[ToolPolicy, int]] = {"allow": 0, "ask": 1, "deny": 2}


class SecurityPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `security` in `gateway.yaml` says about tools."""

    require_pin_for: Annotated[
        list[Name],
        Meta(
            max_length=1000,
            description="Tools that wait for a human's PIN: `shell`, `file_write`; `*` stands for any characters.",
        ),
    ] = []
    policies: Annotated[
        dict[Name, ToolPolicy],
        Meta(max_length=1000, description="`allow`, `ask` or `deny` by tool; `*` stands for any characters."),
    ] = {}
    dangerous_tools: Annotated[
        ToolPolicy, Meta(description="What holds for tools that change things where `policies` names no policy.")
    ] = "allow"
    after_untrusted: (
        Annotated[
            Literal["ask", "allow"],
            Meta(
                description="Whether dangerous tools ask once their run has read a page or an MCP server's answer; "
                "`ask` in sessions of channels where nothing is said."
            ),
        ]
        | None
    ) = None
    approval_seconds: Annotated[
        float, Meta(gt=0, le=86_400, description="How long a call waits for a human before it is refused.")
    ] = 300
    pin_attempts: Annotated[int, Meta(ge=1, le=100, description="How many wrong PINs lock it.")] = 5
    pin_lock_seconds: Annotated[float, Meta(gt=0, le=604_800, description="For how long.")] = 900


class Decision(NamedTuple):
    """What a tool needs before it is used; a PIN is only ever asked for where the policy is ``ask``."""

    policy: ToolPolicy
    needs_pin: bool = False


def matches(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern in which `*` stands for any characters; in time that no pattern can stretch."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    *middle, last = rest
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    at, end = len(first), len(name) - len(last)
    for piece in middle:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _said(policies: PolicyMap, name: str) -> ToolPolicy | None:
    """What a map says about a tool: its own name goes before patterns, a longer pattern before a shorter."""
    fitting = [pattern for pattern in policies if matches(pattern, name)]
    if not fitting:
        return None
    # Among patterns of one length the stricter: the order of a file's lines must not decide.
    best = max(fitting, key=lambda pattern: (pattern == name, len(pattern), _STRICTNESS[policies[pattern]]))
    return policies[best]


def _nothing(_: str) -> PolicyMap:
    return {}


class Policies:
    """Decides what a tool needs before it is used.

    What the agent's own policies say goes before the gateway's, but for ``deny``, which holds wherever it stands.
    ``settings`` can be replaced at any time; ``of_agent`` answers an agent's policies by its id.
    """

    def __init__(self, settings: SecurityPolicy, of_agent: Callable[[str], PolicyMap] = _nothing) -> None:
        self.settings = settings
        self._of_agent = of_agent

    def decide(self, tool: str, *, dangerous: bool, agent_id: str | None = None) -> Decision:
        """What ``tool`` needs; for a call of no agent where ``agent_id`` is None.

        Of what holds for the tool that it is a part of, all counts where it is dangerous, else ``deny`` alone.

        Raises:
            NotFound: there is no such agent any more.
        """
        decision = self._decided(tool, dangerous, agent_id)
        if tool not in PARTS:
            return decision
        other = self._decided(PARTS[tool], dangerous, agent_id)
        both = (decision, other) if dangerous or other.policy == "deny" else (decision,)
        return max(both, key=lambda one: (_STRICTNESS[one.policy], one.needs_pin))

    def _decided(self, tool: str, dangerous: bool, agent_id: str | None) -> Decision:
        settings = self.settings
        everywhere = _said(settings.policies, tool)
        own = _said(self._of_agent(agent_id), tool) if agent_id is not None else None
        if "deny" in (everywhere, own):
            return Decision("deny")
        policy = own or everywhere or (settings.dangerous_tools if dangerous else "allow")
        if policy != "deny" and self._pin_named(tool):
            return Decision("ask", needs_pin=True)
        return Decision(policy)

    def asks_after_untrusted(self, channel: str, *, guest: bool = False) -> bool:
        """Whether dangerous tools of a run ask once it has read what came from outside."""
        said = self.settings.after_untrusted
        return guest or channel in STRANGERS if said is None else said == "ask"

    def needs_pin(self, tool: str) -> bool:
        """Whether a human's PIN is asked for before the tool is used."""
        return self._pin_named(tool) or (tool in PARTS and self._pin_named(PARTS[tool]))

    def _pin_named(self, tool: str) -> bool:
        return any(matches(pattern, tool) for pattern in self.settings.require_pin_for)
