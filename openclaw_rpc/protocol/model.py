"""`model.*`: the models that the configured providers offer."""

from openclaw_rpc.protocol.base import Empty, Result, Scope
from openclaw_rpc.protocol.method import Method


class ModelInfo(Result, frozen=True, kw_only=True):
    """A model. ``created`` in s since 1970; ``error`` where its provider could not be asked."""

    id: str
    provider: str
    owned_by: str
    created: int
    default: bool = False
    error: str | None = None


class ModelList(Result, frozen=True, kw_only=True):
    """All models, the primary provider's configured one first."""

    models: list[ModelInfo]


list_ = Method(
    name="model.list",
    params=Empty,
    result=ModelList,
    doc="The models of all providers; a provider that does not answer is listed with its configured model.",
    scope=Scope.READ,
)

METHODS = (list_,)
