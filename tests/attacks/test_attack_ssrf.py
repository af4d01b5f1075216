"""Requests that lead to the machine's own network: each reaches an internal server from a session without the guard."""

import ipaddress
import socket
from collections.abc import AsyncGenerator

import aiohttp
import anyio
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openclaw_rpc.adapters.outbound import ClosedAddress, guarded_session
from openclaw_rpc.adapters.outbound.session import NamedAddress, socket_factory
from openclaw_rpc.domain.outbound import OutboundPolicy, OutboundRefused
from openclaw_rpc.domain.web import FetchRequest, Web
from openclaw_rpc.protocol.errors import GatewayError, ProviderError
from openclaw_rpc.protocol.web import WebFetchParams
from tests.support.web import SECRET, Names, fetching, serving

CLOSED = OutboundPolicy()

LITERALS = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0", "127.0.1"]
LITERALS += ["localhost", "LocalHost.", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    async with serving() as port:
        yield port


async def twin(url: str, resolver: Names | None = None) -> str | None:
    """Fetches as the naive do; None where it gets nowhere."""
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False) if resolver else None
    async with aiohttp.ClientSession(connector=connector) as session:
        try:
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=5)) as reply:
                return await reply.text()
        except (aiohttp.ClientError, OSError):
            return None


async def plain(url: str, policy: OutboundPolicy = CLOSED, resolver: Names | None = None) -> Exception:
    """What the guarded session alone, which checks no URL, makes of it: other parts use it directly."""
    async with guarded_session(lambda: policy, resolver=resolver) as session:
        with pytest.raises((aiohttp.ClientError, OSError)) as failed:
            await session.get(url)
        return failed.value


async def raw_twin(host: str, port: int) -> str:
    """Fetches as the simplest client does: the system makes an address of whatever the host is."""
    with anyio.fail_after(5):
        async with await anyio.connect_tcp(*await _resolved(host.strip("[]"), port)) as stream:
            await stream.send(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            said = b""
            while SECRET.encode() not in said:
                said += await stream.receive()
    return SECRET


async def _resolved(host: str, port: int) -> tuple[str, int]:
    found = await anyio.getaddrinfo(host.lower().rstrip("."), port, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM)
    address = next((each[4] for each in found if each[0] == socket.AF_INET), found[0][4])
    return str(address[0]), port


@pytest.mark.parametrize("host", LITERALS)
async def test_every_notation_reaches_the_internal_server_without_the_guard(port: int, host: str) -> None:
    assert await raw_twin(host, port) == SECRET


async def test_some_notations_reach_it_even_through_a_careful_client(port: int) -> None:
    reached = {host for host in LITERALS if await twin(f"http://{host}:{port}/") == SECRET}
    assert {"127.0.0.1", "0x7f000001", "localhost"} <= reached


@pytest.mark.parametrize("host", LITERALS)
async def test_no_notation_reaches_it(port: int, host: str) -> None:
    async with fetching() as fetcher:
        with pytest.raises(OutboundRefused):
            await Web(fetcher).fetch(WebFetchParams(url=f"http://{host}:{port}/"))


@pytest.mark.parametrize("host", LITERALS)
async def test_no_notation_passes_the_session_alone(port: int, host: str) -> None:
    failed = await plain(f"http://{host}:{port}/")
    assert isinstance(failed, (aiohttp.ClientConnectorError, aiohttp.InvalidURL))


async def test_a_websocket_does_not_either(port: int) -> None:
    async with guarded_session(lambda: CLOSED) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as failed:
            await session.ws_connect(f"ws://127.0.0.1:{port}/")
        assert isinstance(failed.value.os_error, ClosedAddress)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["::ffff:127.0.0.1"]])
async def test_a_name_that_resolves_to_it_does_not(port: int, addresses: list[str]) -> None:
    if "::" in addresses[0] and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    url = f"http://innocent.test:{port}/"
    if ":" not in addresses[0]:
        assert await twin(url, Names(innocent_test=addresses)) == SECRET
    async with fetching(names=Names(innocent_test=addresses)) as fetcher:
        with pytest.raises(OutboundRefused):
            await fetcher.fetch(FetchRequest(url=url))


async def test_a_name_that_changes_its_mind_does_not(port: int) -> None:
    """A check that resolves the name itself sees a public address, and the connection goes to another."""
    url, answers = f"http://rebind.test:{port}/", ["93.184.216.34", "127.0.0.1"]
    names = Names(rebind_test=answers)
    looked_up = (await names.resolve("rebind.test", port))[0]["host"]
    assert CLOSED.refusal(looked_up) is None
    assert await twin(url, names) == SECRET

    names = Names(rebind_test=answers)
    await names.resolve("rebind.test", port)
    async with fetching(names=names) as fetcher:
        with pytest.raises(OutboundRefused):
            await fetcher.fetch(FetchRequest(url=url))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f000001", "other.test", "[::ffff:127.0.0.1]"])
async def test_a_redirect_does_not(port: int, status: int, host: str) -> None:
    async def lead(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": f"http://{host}:{port}/"})

    names = {"public_test": ["127.0.0.1"], "other_test": ["127.0.0.1"], "0x7f000001": ["127.0.0.1"]}
    async with serving(lead) as door:
        url = f"http://public.test:{door}/"
        if not host.startswith("["):
            assert await twin(url, Names(**names)) == SECRET
        # The first server stands for one on the internet: its name is allowed, its address is not.
        async with fetching("public.test", names=Names(**names)) as fetcher:
            with pytest.raises(OutboundRefused):
                await fetcher.fetch(FetchRequest(url=url))
        failed = await plain(url, OutboundPolicy(["public.test"]), Names(**names))
        assert isinstance(failed, aiohttp.ClientConnectorError) and isinstance(failed.os_error, ClosedAddress)


async def test_a_name_that_is_allowed_opens_its_address_for_nobody_else(port: int) -> None:
    names = Names(build_corp=["127.0.0.1"], evil_test=["127.0.0.1"])
    async with fetching("build.corp", names=names) as fetcher:
        assert (await fetcher.fetch(FetchRequest(url=f"http://build.corp:{port}/"))).body.decode() == SECRET
        for url in (f"http://evil.test:{port}/", f"http://127.0.0.1:{port}/"):
            with pytest.raises(OutboundRefused):
                await fetcher.fetch(FetchRequest(url=url))


async def test_a_name_with_several_addresses_reaches_the_open_ones_alone(port: int) -> None:
    class Both(Names):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC):  # type: ignore[no-untyped-def]
            return [*(await super().resolve(host, port, family)), *(await super().resolve(host, port, family))]

    async with fetching(names=Both(two_test=["127.0.0.1", "10.0.0.1"])) as fetcher:
        with pytest.raises(GatewayError) as failed:
            await fetcher.fetch(FetchRequest(url=f"http://two.test:{port}/"))
    assert isinstance(failed.value, (OutboundRefused, ProviderError))


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}@x.test/", "http://x.test@127.0.0.1:{port}/"])
@pytest.mark.parametrize("trick", ["{url}", "{url}#@x.test", "{url}?x.test"])
async def test_no_trick_of_spelling_does(port: int, url: str, trick: str) -> None:
    async with fetching(names=Names(x_test=["127.0.0.1"])) as fetcher:
        with pytest.raises(GatewayError):
            await fetcher.fetch(FetchRequest(url=trick.format(url=url.format(port=port))))


CLOSED_NETWORKS = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"]
CLOSED_NETWORKS += [
    "0.0.0.0/8",
    "224.0.0.0/4",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
    "64:ff9b::7f00:0/104",
    "::ffff:10.0.0.0/104",
]
CLOSED_ADDRESSES = st.one_of(
    *(
        st.integers(0, network.num_addresses - 1).map(lambda at, network=network: str(network[at]))
        for network in map(ipaddress.ip_network, CLOSED_NETWORKS)
    )
)


@given(CLOSED_ADDRESSES)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_no_socket_is_made_for_a_closed_address(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    make = socket_factory(lambda: CLOSED)
    with pytest.raises(ClosedAddress):
        make((family, socket.SOCK_STREAM, 0, "", (address, 80)))
    make((family, socket.SOCK_STREAM, 0, "", (NamedAddress(address), 80))).close()
