"""`model.*`: the join of the models' rows and the providers."""

from msgspec import Raw

from openclaw_rpc.dialects.openai.sse_relay import as_events
from openclaw_rpc.domain.models import Models
from openclaw_rpc.protocol import model
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.model import (
    ModelChunkEvent,
    ModelCompleted,
    ModelCompleteParams,
    ModelEmbedded,
    ModelEmbedParams,
    ModelList,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.services.completions import CompletionHead, Completions


class ModelMethods:
    """Lists models, and asks them."""

    def __init__(self, models: Models, completions: Completions) -> None:
        self._models = models
        self._completions = completions

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(model.list_, self.list_), bind(model.complete, self.complete), bind(model.embed, self.embed))

    async def list_(self, params: Empty, call: Call) -> ModelList:
        """All models of all providers."""
        return ModelList(models=await self._models.list(), direct=self._completions.direct)

    async def complete(self, params: ModelCompleteParams, call: Call) -> ModelCompleted:
        """A model's answer: whole, or sent as it comes to the connection or the HTTP answer that asked."""
        head = self._completions.head(params.body)
        if head.stream:
            return await self._streamed(params, head, call)
        answer = await self._completions.complete(call.principal, params.body, head)
        return ModelCompleted(body=Raw(answer.body), usage=answer.usage, finished=True)

    async def _streamed(self, params: ModelCompleteParams, head: CompletionHead, call: Call) -> ModelCompleted:
        carrier, peer = call.carrier, call.peer
        if carrier is None and peer is None:
            raise InvalidRequest("a stream needs a WebSocket or an event stream", field="stream", reason="no_stream")
        async with self._completions.stream(call.principal, params.body, head) as streamed:
            async for chunks in streamed.told():
                if carrier is not None:
                    await carrier.write(as_events(chunks))
                elif peer is not None:
                    for chunk in chunks:
                        event = ModelChunkEvent(chunk=Raw(chunk), request_id=params.request_id)
                        peer.send(model.model_chunk, event)
        return ModelCompleted(usage=streamed.usage, finished=True)

    async def embed(self, params: ModelEmbedParams, call: Call) -> ModelEmbedded:
        """Vectors for texts."""
        return ModelEmbedded(body=Raw(await self._completions.embed(call.principal, params.body)))
