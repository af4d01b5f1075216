"""Which handler answers a method and a path: a tree of path segments, walked once a request."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest

Handler = Callable[[HttpRequest], Awaitable[web.StreamResponse]]


class MethodNotAllowed(InvalidRequest):
    """The path is known, the method is not (RFC 9110, 15.5.6); ``details``: ``allow``, the methods that are."""

    status = 405


class Route(msgspec.Struct, frozen=True):
    """A method and a path template, and who answers.

    A template is made of segments: ``/v1/sessions/{key}/events``; ``{name}`` takes one segment, ``{name:path}``, at
    the end, all that are left. Percent-encoding is undone within a segment, so that ``%2F`` is a slash of its value.
    A segment spelled out is preferred. GET answers HEAD too. ``open``: no token is asked for. ``timeout`` in s, None
    for none (streams); where it is left at -1, the door's holds.
    """

    method: str
    template: str
    handler: Handler
    open: bool = False
    timeout: float | None = -1
    info: Any = None


class _Node(msgspec.Struct):
    routes: dict[str, Route] = msgspec.field(default_factory=dict[str, Route])
    literal: dict[str, "_Node"] = msgspec.field(default_factory=dict[str, "_Node"])
    segment: "_Node | None" = None
    rest: "_Node | None" = None


class Router:
    """All routes of a door."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._root = _Node()
        for route in routes:
            self.add(route)

    def add(self, route: Route) -> None:
        """Add a route.

        Raises:
            ValueError: its template is none, or its place is taken.
        """
        if not route.template.startswith("/"):
            raise ValueError(f"a path template begins with a slash: {route.template!r}")
        node = self._root
        segments = route.template[1:].split("/")
        for index, segment in enumerate(segments):
            if not segment.startswith("{"):
                node = node.literal.setdefault(segment, _Node())
            elif not segment.endswith(":path}"):
                node.segment = node = node.segment or _Node()
            elif index == len(segments) - 1:
                node.rest = node = node.rest or _Node()
            else:
                raise ValueError(f"only the last segment takes a whole path: {route.template!r}")
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.template} clashes with {node.routes[route.method].template}")
        node.routes[route.method] = route

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """The route that answers, and the path's parameters.

        Raises:
            InvalidRequest: the path is not UTF-8 once its percent-encoding is undone.
            NotFound: no route has that path.
            MethodNotAllowed: none has it with that method.
        """
        try:
            segments = [unquote_to_bytes(segment).decode() for segment in raw_path[1:].split("/")]
        except UnicodeDecodeError as error:
            raise InvalidRequest("the path is not UTF-8", field="path", reason="encoding") from error
        nodes = _matching(self._root, segments, 0)
        allowed: set[str] = set()
        for node in nodes:
            route = node.routes.get(method) or (node.routes.get("GET") if method == "HEAD" else None)
            if route is not None:
                return route, _params(route.template, segments)
            allowed.update(node.routes)
        if not allowed:
            raise NotFound("there is no such path", field="path")
        raise MethodNotAllowed(f"this path does not answer {method}", allow=_with_implied(allowed))

    def allowed(self, raw_path: str) -> list[str]:
        """The methods that the path answers, HEAD and OPTIONS included; none where it is unknown.

        Raises:
            InvalidRequest: see `find`.
        """
        try:
            self.find("", raw_path)
        except MethodNotAllowed as error:
            return list(error.details["allow"])
        except NotFound:
            pass
        return []


def _matching(node: _Node, segments: list[str], index: int) -> list[_Node]:
    """The nodes that the path leads to, the most literal first."""
    if index == len(segments):
        return [node] if node.routes else []
    found: list[_Node] = []
    if (literal := node.literal.get(segments[index])) is not None:
        found += _matching(literal, segments, index + 1)
    if node.segment is not None and segments[index]:
        found += _matching(node.segment, segments, index + 1)
    if node.rest is not None and any(segments[index:]):
        found.append(node.rest)
    return found


def _params(template: str, segments: list[str]) -> dict[str, str]:
    params: dict[str, str] = {}
    for index, segment in enumerate(template[1:].split("/")):
        if segment.endswith(":path}"):
            params[segment[1:-6]] = "/".join(segments[index:])
        elif segment.startswith("{"):
            params[segment[1:-1]] = segments[index]
    return params


def _with_implied(methods: set[str]) -> list[str]:
    implied = {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
    return sorted(methods | implied)
