"""What `model.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field
from openclaw.types.chat import Usage


class ModelInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A model. `created` in s since 1970; `error` where its provider could not be asked."""

    id: str
    provider: str
    owned_by: str
    created: int
    default: bool = False
    error: str | None = None


class ModelList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All models, the primary provider's configured one first. `direct`: whether `model.*` may ask them."""

    next_cursor: str | None = None
    models: list[ModelInfo]
    direct: bool = True


class ModelCompleteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A request of OpenAI's Chat Completions; the provider gets it as it is."""

    body: Any
    """The request, an object with at least `messages`."""
    request_id: str | None = None
    """Repeated in the events of this call."""


class ModelCompleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """`body` is the provider's answer; of a streamed one the chunks were sent before, and `finished` is true."""

    body: Any | None = None
    usage: Usage | None = None
    finished: bool = False


class ModelEmbedParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A request of OpenAI's Embeddings; the provider gets it as it is."""

    body: Any
    """The request, an object with at least `input`."""


class ModelEmbedded(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The provider's answer."""

    body: Any


class ModelChunkEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A chunk of a streamed completion, as the provider sent it."""

    chunk: Any
    request_id: str | None = None
