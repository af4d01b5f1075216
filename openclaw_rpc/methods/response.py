"""`response.*`: the join of the responses' rows and what keeps them."""

from collections.abc import AsyncIterable

import msgspec
from msgspec import Raw

from openclaw_rpc.protocol import response
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.response import (
    ResponseBody,
    ResponseCreateParams,
    ResponseDeleted,
    ResponseFollowParams,
    ResponseIdParams,
    ResponseItems,
    ResponseItemsParams,
    ResponseStreamEvent,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.services.responses import Responses


class ResponseMethods:
    """Begins responses and finds them again."""

    def __init__(self, responses: Responses) -> None:
        self._responses = responses

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(response.create, self.create),
            bind(response.get, self.get),
            bind(response.follow, self.follow),
            bind(response.cancel, self.cancel),
            bind(response.delete, self.delete),
            bind(response.items, self.items),
        )

    async def create(self, params: ResponseCreateParams, call: Call) -> ResponseBody:
        """A response: whole, as it stands where it goes on in the background, or as events."""
        live = await self._responses.create(call.principal, params, call.pin, call.attempt)
        if live.request.stream:
            await _send(self._responses.events(live), params.request_id, call)
            return ResponseBody()
        if live.request.background:
            return ResponseBody(body=Raw(live.body))
        return ResponseBody(body=Raw(await self._responses.whole(live)))

    async def get(self, params: ResponseIdParams, call: Call) -> ResponseBody:
        """A response in its present state."""
        return ResponseBody(body=Raw(await self._responses.get(call.principal, params.response_id)))

    async def follow(self, params: ResponseFollowParams, call: Call) -> ResponseBody:
        """A response's events."""
        events = self._responses.follow(call.principal, params.response_id, params.starting_after)
        await _send(events, params.request_id, call)
        return ResponseBody()

    async def cancel(self, params: ResponseIdParams, call: Call) -> ResponseBody:
        """Stop a response."""
        return ResponseBody(body=Raw(await self._responses.cancel(call.principal, params.response_id)))

    async def delete(self, params: ResponseIdParams, call: Call) -> ResponseDeleted:
        """Remove a response."""
        await self._responses.delete(call.principal, params.response_id)
        return ResponseDeleted(response_id=params.response_id, deleted=True)

    async def items(self, params: ResponseItemsParams, call: Call) -> ResponseItems:
        """A page of a response's input."""
        found, more = await self._responses.items(
            call.principal,
            params.response_id,
            limit=params.limit,
            descending=params.order == "desc",
            after=params.after,
        )
        return ResponseItems(items=[Raw(msgspec.json.encode(item)) for item in found], has_more=more)


async def _send(events: AsyncIterable[bytes], request_id: str | None, call: Call) -> None:
    """Events to whoever asked: the body of an HTTP answer, or a connection."""
    carrier, peer = call.carrier, call.peer
    if carrier is None and peer is None:
        raise InvalidRequest("a stream needs a WebSocket or an event stream", field="stream", reason="no_stream")
    async for written in events:
        if carrier is not None:
            await carrier.write(written)
        elif peer is not None:
            for event in written.split(b"\n\n")[:-1]:
                told = ResponseStreamEvent(event=Raw(event.partition(b"\ndata: ")[2]), request_id=request_id)
                peer.send(response.response_event, told)
