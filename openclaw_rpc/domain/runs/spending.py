"""What every request to a model goes through: budgets before it, measuring and the ledger after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Literal, NamedTuple, Protocol, Self
from urllib.parse import urlsplit

from openclaw_rpc.domain.budgets import Budgets, Hold, Who
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.models import ChosenModel, Models
from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.records import RunRecord, SessionRecord, UsageRecord
from openclaw_rpc.domain.tracing import INCOMING, NO_SPAN, Attributes, Open, Tracing
from openclaw_rpc.protocol.chat import Usage

FIRST_ANSWER: Final = 256
"""Tokens that an answer is expected to have, before there was one."""
ANSWERS: Final = 16
"""Over about how many answers the expectation is made."""


Operation = Literal["chat", "embeddings", "transcription"]
PROVIDERS: Final[Mapping[str, str]] = {"gemini": "gcp.gemini", "mistral": "mistral_ai", "xai": "x_ai"}
"""What OpenTelemetry's conventions call providers, where it is not the type's own name."""


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


class Spending:
    """The way to a model: what it takes is held before it is asked, and what it used is counted."""

    def __init__(self, models: Models, budgets: Budgets, meter: Meter, clock: Clock, tracing: Tracing) -> None:
        self._tracing = tracing
        self.models = models
        self._budgets = budgets
        self._meter = meter
        self._clock = clock
        self._answers = float(FIRST_ANSWER)

    async def check(self, spender: Spender, choice: ChosenModel) -> None:
        """Refuse early what would be refused anyway.

        Raises:
            BudgetExceeded: a budget that it counts towards is used up.
        """
        if self._budgets.active and not choice.offline:
            await self._budgets.check(_who(spender), priced=self.models.priced(choice.name, choice.model))

    async def begin(
        self,
        spender: Spender,
        choice: ChosenModel,
        asked: Callable[[], int],
        most: int | None = None,
        *,
        operation: Operation = "chat",
    ) -> ModelRequest:
        """Before a model is asked. ``asked`` tells about how many tokens the request has, where that is wanted;
        ``most`` is how many its answer may have.

        Raises:
            BudgetExceeded: a budget that it counts towards has less left than the request takes.
        """
        hold = None
        if self._budgets.active and not choice.offline:
            answer = round(self._answers) if most is None else min(most, round(self._answers))
            usage = estimated(asked(), answer)
            cost = self.models.cost(choice.name, choice.model, usage) or 0.0
            hold = await self._budgets.hold(_who(spender), usage.total_tokens, cost)
        span = NO_SPAN
        if self._tracing.active:
            name, about = f"{operation} {choice.model}", self._about(spender, choice, most, operation)
            span = self._tracing.open(name, about, client=True, parent=INCOMING.get())
        return ModelRequest(self, spender, choice, hold, span)

    def _about(self, spender: Spender, choice: ChosenModel, most: int | None, operation: Operation) -> Attributes:
        """A request as its span says it."""
        settings = self.models.settings_of(choice.name)
        address = urlsplit(settings.address) if settings is not None else None
        kind = settings.type if settings is not None else choice.name
        return {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": PROVIDERS.get(kind, kind),
            "gen_ai.request.model": choice.model,
            "gen_ai.request.max_tokens": most or None,
            "gen_ai.conversation.id": spender.session_key or None,
            "server.address": address.hostname if address is not None else None,
            "server.port": address.port if address is not None else None,
            "openclaw.provider": choice.name,
        }

    def ended(self, request: ModelRequest, usage: Usage) -> UsageRecord:
        """See `ModelRequest.ended`."""
        choice, spender = request.choice, request.spender
        seconds = time.monotonic() - request.began
        self._meter.model_answered(choice.name, choice.model, usage, seconds)
        cost = self.models.cost(choice.name, choice.model, usage)
        if usage.completion_tokens:  # embeddings are no answers
            self._answers += (usage.completion_tokens - self._answers) / ANSWERS
        tokens = usage.prompt_tokens + usage.completion_tokens
        if self._tracing.active:
            request.span.note(usage_attributes(usage) | {"openclaw.cost": cost})
        if not choice.offline:
            self._budgets.settle(request.hold, _who(spender), tokens, cost or 0.0)
        return UsageRecord(
            at=iso(self._clock.now()),
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

    def over(self, request: ModelRequest) -> None:
        """Whatever became of a request: nothing is held for it any more."""
        if request.hold is not None:
            self._budgets.release(request.hold)

    def failed(self, fault: ProviderFault) -> None:
        """A model's server failed."""
        self._meter.model_failed(fault)


class ModelRequest:
    """A request to a model, from before it is asked, as a context until it is over."""

    __slots__ = ("_spending", "began", "choice", "hold", "span", "spender")

    def __init__(
        self, spending: Spending, spender: Spender, choice: ChosenModel, hold: Hold | None, span: Open
    ) -> None:
        self.span = span
        self._spending = spending
        self.spender = spender
        self.choice = choice
        self.hold = hold
        self.began = time.monotonic()

    def ended(self, usage: Usage) -> UsageRecord:
        """What it used is known: measured and counted; answers its row of the ledger, to be kept."""
        return self._spending.ended(self, usage)

    def failed(self, fault: ProviderFault) -> None:
        """Its server failed, and another is asked."""
        self._spending.failed(fault)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spending.over(self)
        self.span.__exit__(kind, error, trace)
        if isinstance(error, ProviderFault):
            self._spending.failed(error)


def _who(spender: Spender) -> Who:
    return Who(spender.user, spender.token, spender.agent_id)


def usage_attributes(usage: Usage) -> dict[str, int | float | None]:
    """What was used, as spans say it."""
    return {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens or None,
    }


def estimated(asked: int, answered: int) -> Usage:
    """What a request uses, where nobody says so."""
    return Usage(prompt_tokens=asked, completion_tokens=answered, total_tokens=asked + answered)
