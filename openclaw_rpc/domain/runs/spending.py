"""What a model used, as it is measured and kept."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from openclaw_rpc.domain.models import ChosenModel
from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.records import RunRecord, SessionRecord, UsageRecord
from openclaw_rpc.protocol.chat import Usage


class Meter(Protocol):
    """Hears what models did: for metrics."""

    def model_answered(self, provider: str, model: str, usage: Usage, seconds: float) -> None:
        """A model was asked; what it used."""
        ...

    def model_failed(self, fault: ProviderFault) -> None:
        """A model's server failed."""
        ...


class Spender(NamedTuple):
    """For whom a model was asked. ``token`` is the name of the token that asked."""

    user: str
    session_id: str
    session_key: str
    agent_id: str
    token: str

    @classmethod
    def of_run(cls, record: RunRecord) -> Spender:
        """A run."""
        return cls(record.user, record.session_id, record.session_key, record.agent_id, record.token)

    @classmethod
    def of_session(cls, record: SessionRecord, token: str) -> Spender:
        """A session, outside of its runs."""
        return cls(record.user, record.id, record.key, record.agent_id, token)

    @classmethod
    def without_session(cls, user: str, token: str) -> Spender:
        """A request that goes to a model as it is."""
        return cls(user, "", "", "", token)


def usage_record(
    now: str, spender: Spender, choice: ChosenModel, usage: Usage, seconds: float, cost: float | None
) -> UsageRecord:
    """What a request used, as it is kept."""
    return UsageRecord(
        at=now,
        user=spender.user,
        session_id=spender.session_id,
        session_key=spender.session_key,
        agent_id=spender.agent_id,
        token=spender.token,
        model=choice.model,
        provider=choice.name,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        latency_ms=round(seconds * 1000),
        cost=cost,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
