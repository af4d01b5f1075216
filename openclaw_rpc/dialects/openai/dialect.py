"""OpenAI's API: what any program finds here once its `base_url` is the gateway's `/v1`."""

from __future__ import annotations

import base64
import struct
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta, Raw

from openclaw_rpc.dialects.openai import chat, conversation_endpoints, legacy, responses
from openclaw_rpc.dialects.openai.agents import PREFIX
from openclaw_rpc.dialects.openai.conversations import end_user
from openclaw_rpc.dialects.openai.errors import STYLE, spelled
from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply
from openclaw_rpc.protocol import agent, model
from openclaw_rpc.protocol.base import Empty, JsonObject
from openclaw_rpc.protocol.errors import GatewayError, NotFound, ProviderError
from openclaw_rpc.protocol.model import ModelEmbedParams, ModelList


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A model, or an agent under a model's name."""

    id: str
    created: int
    owned_by: str
    object: Literal["model"] = "model"


class ModelEntries(msgspec.Struct, frozen=True, kw_only=True):
    """All models that may be asked."""

    data: list[ModelEntry]
    object: Literal["list"] = "list"


class EmbeddingBody(msgspec.Struct, frozen=True, kw_only=True):
    """A request of OpenAI's Embeddings, as far as it is looked at; a model gets all of it."""

    input: Annotated[Raw, Meta(description="A text, texts, tokens, or lists of tokens.")]
    model: str | None = None
    encoding_format: str | None = None
    user: str | None = None


def _entries() -> Plan:
    listed: ModelList = yield Ask(model.list_, Empty())
    agents = yield Ask(agent.list_, Empty())
    entries = [ModelEntry(id=PREFIX, created=0, owned_by=PREFIX)]
    entries += [ModelEntry(id=f"{PREFIX}/{found.id}", created=0, owned_by=PREFIX) for found in agents.agents]
    if listed.direct:
        models = [ModelEntry(id=info.id, created=info.created, owned_by=info.owned_by) for info in listed.models]
        entries = models + entries
    return Reply(entries)


def models(inputs: Inputs) -> Plan:
    """The providers' models, and the agents."""
    found = cast("Reply", (yield from _entries()))
    return Reply(ModelEntries(data=found.body))


def one_model(inputs: Inputs) -> Plan:
    """One of them, by its id, which may have slashes."""
    found = cast("Reply", (yield from _entries()))
    name = inputs.path["id"]
    for entry in cast("list[ModelEntry]", found.body):
        if entry.id == name:
            return Reply(entry)
    raise NotFound(f"the model {name!r} does not exist", field="model", reason="model_not_found")


def embeddings(inputs: Inputs) -> Plan:
    """Vectors; as base64 where that was asked for, even of a provider that knows none."""
    body: EmbeddingBody = inputs.body
    embedded = yield Ask(model.embed, ModelEmbedParams(body=Raw(inputs.raw)))
    data = bytes(embedded.body)
    return Reply(in_base64(data) if body.encoding_format == "base64" else data)


def in_base64(data: bytes) -> bytes:
    """An answer whose vectors are base64 of little-endian float32, as OpenAI's SDKs ask by default."""
    answer: JsonObject = msgspec.json.decode(data, type=JsonObject)
    vectors: Any = answer.get("data")
    changed = False
    for item in cast("list[Any]", vectors) if isinstance(vectors, list) else []:
        vector: Any = cast("JsonObject", item).get("embedding") if isinstance(item, dict) else None
        if isinstance(vector, list):
            item["embedding"] = _packed(cast("list[Any]", vector))
            changed = True
    return msgspec.json.encode(answer) if changed else data


def _packed(vector: list[Any]) -> str:
    """A vector as base64; one that stands in a list of its own is that one.

    Raises:
        ProviderError: it is not a list of numbers.
    """
    if len(vector) == 1 and isinstance(vector[0], list):
        vector = cast("list[Any]", vector[0])
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except (struct.error, OverflowError):
        raise ProviderError("the model's server answered with a vector that is not a list of numbers") from None


class OpenAI:
    """The dialect."""

    name = "OpenAI"
    about = "OpenAI's API: what any program finds here once its `base_url` is the gateway's `/v1`."
    prefixes: tuple[str, ...] = (
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/conversations",
        "/v1/embeddings",
        "/v1/models",
        "/v1/responses",
    )
    endpoints: tuple[Endpoint, ...] = (
        *chat.ENDPOINTS,
        *legacy.ENDPOINTS,
        *responses.ENDPOINTS,
        *conversation_endpoints.ENDPOINTS,
        Endpoint(
            verb="GET",
            path="/v1/models",
            plan=models,
            doc="All models, and the agents as `openclaw/<agent>`.",
            calls=(model.list_, agent.list_),
            answer=ModelEntries,
            style=STYLE,
        ),
        Endpoint(
            verb="GET",
            path="/v1/models/{id:path}",
            plan=one_model,
            doc="One model.",
            calls=(model.list_, agent.list_),
            answer=ModelEntry,
            style=STYLE,
        ),
        Endpoint(
            verb="POST",
            path="/v1/embeddings",
            plan=embeddings,
            doc="Turn texts into vectors.",
            calls=(model.embed,),
            body=EmbeddingBody,
            style=STYLE,
            end_user=end_user,
        ),
    )

    def error(self, error: GatewayError) -> Any:
        """An error."""
        return spelled(error)
