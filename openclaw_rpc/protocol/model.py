"""`model.*`: the models that the configured providers offer, and asking one without an agent."""

from typing import Annotated

from msgspec import Meta, Raw

from openclaw_rpc.protocol.base import Page, Paged, Params, Rate, Result, Scope
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.errors import NotFound, ProviderError
from openclaw_rpc.protocol.method import Event, Method

RequestId = Annotated[str, Meta(min_length=1, max_length=200, description="Repeated in the events of this call.")]


class ModelInfo(Result, frozen=True, kw_only=True):
    """A model. ``created`` in s since 1970; ``error`` where its provider could not be asked."""

    id: str
    provider: str
    owned_by: str
    created: int
    default: bool = False
    error: str | None = None


class ModelList(Page, frozen=True, kw_only=True):
    """All models, the primary provider's configured one first. ``direct``: whether `model.*` may ask them."""

    models: list[ModelInfo]
    direct: bool = True


class ModelCompleteParams(Params, frozen=True, kw_only=True):
    """A request of OpenAI's Chat Completions; the provider gets it as it is."""

    body: Annotated[Raw, Meta(description="The request, an object with at least `messages`.")]
    request_id: RequestId | None = None


class ModelCompleted(Result, frozen=True, kw_only=True):
    """``body`` is the provider's answer; of a streamed one the chunks were sent before, and ``finished`` is true."""

    body: Raw | None = None
    usage: Usage | None = None
    finished: bool = False


class ModelEmbedParams(Params, frozen=True, kw_only=True):
    """A request of OpenAI's Embeddings; the provider gets it as it is."""

    body: Annotated[Raw, Meta(description="The request, an object with at least `input`.")]


class ModelEmbedded(Result, frozen=True, kw_only=True):
    """The provider's answer."""

    body: Raw


class ModelChunkEvent(Result, frozen=True, kw_only=True):
    """A chunk of a streamed completion, as the provider sent it."""

    chunk: Raw
    request_id: str | None = None


model_chunk = Event("model.chunk", ModelChunkEvent, "A piece of a model's answer, to the connection that asked.")

list_ = Method(
    name="model.list",
    params=Paged,
    result=ModelList,
    pages="models",
    doc="The models of all providers; a provider that does not answer is listed with its configured model.",
    scope=Scope.READ,
)
complete = Method(
    name="model.complete",
    params=ModelCompleteParams,
    result=ModelCompleted,
    doc="Ask a model, without an agent: bodies as in OpenAI's Chat Completions. Disconnecting cancels the request.",
    scope=Scope.CHAT,
    rate=Rate.MESSAGES,
    emits=(model_chunk,),
    errors=(NotFound, ProviderError),
)
embed = Method(
    name="model.embed",
    params=ModelEmbedParams,
    result=ModelEmbedded,
    doc="Turn texts into vectors: bodies as in OpenAI's Embeddings.",
    scope=Scope.CHAT,
    rate=Rate.MESSAGES,
    errors=(NotFound, ProviderError),
)

METHODS = (list_, complete, embed)
