"""`web.*`: the join of the web's rows and the pages."""

from openclaw_rpc.domain.web import Web
from openclaw_rpc.protocol import web
from openclaw_rpc.protocol.web import WebFetchParams, WebPage
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class WebMethods:
    """Reads pages for clients."""

    def __init__(self, pages: Web) -> None:
        self._pages = pages

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(web.fetch, self.fetch),)

    async def fetch(self, params: WebFetchParams, call: Call) -> WebPage:
        """A page as text."""
        return await self._pages.fetch(params)
