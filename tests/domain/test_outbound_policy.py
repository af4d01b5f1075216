import contextlib
import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_rpc.domain.outbound import OutboundPolicy, OutboundRefused, OutboundSettings, closed, parse_address, shown
from openclaw_rpc.protocol.errors import InvalidRequest

OPEN = OutboundPolicy()


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_may_be_reached(address: str) -> None:
    assert OPEN.refusal(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "192.0.0.192",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001::1",
        "::7f00:1",
    ],
)
def test_closed_addresses_may_not(address: str) -> None:
    assert OPEN.refusal(address) is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://0x7f.1/",
        "http://2130706433",
        "http://017700000001",
        "http://127.1",
        "http://0177.0.0.1",
        "http://0x7f000001",
        "http://[::1]",
        "http://[::ffff:7f00:1]",
        "http://①②⑦.⓪.⓪.①",
        "http://127。0。0。1",
        "http://localhost.",
        "http://LOCALHOST",
        "http://a.localhost",
        "http://0",
        "http://127.0.0.1.",
    ],
)
def test_loopback_is_refused_in_every_notation(url: str) -> None:
    with pytest.raises(OutboundRefused) as refused:
        OPEN.check(url)
    assert refused.value.reason == "closed_address"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.org",
        "file:///etc/passwd",
        "x.org",
        "http://",
        "http:///x",
        "http://user:secret@x.org/",
        "http://x:99999",
        "http://1.2.3.4.5",
        "http://256.1.1.1",
        "http://[::1",
        "http://a b",
        "http://127.0.0.1\\@x.org",
        "http://x%2eorg",
        "gopher://x.org",
        "http://x\x00.org",
        "http://" + "a" * 9000,
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest) as wrong:
        OPEN.check(url)
    assert wrong.value.field == "url"
    assert "secret" not in wrong.value.message


def test_a_target_is_what_is_connected_to() -> None:
    assert OPEN.check("https://Example.org./x") == ("https", "example.org", 443)
    assert OPEN.check("http://example.org:8080") == ("http", "example.org", 8080)
    assert OPEN.check("wss://example.org", ("ws", "wss")).port == 443


def test_settings_can_name_addresses_networks_names_and_suffixes() -> None:
    policy = OutboundPolicy(
        OutboundSettings(allow_private_hosts=["127.0.0.1", "10.1.0.0/16", "fd00::/8", "Build.Corp", "*.lan"])
    )
    for url in ("http://127.0.0.1", "http://localhost", "http://0x7f.1", "http://10.1.2.3", "http://[fd00::1]"):
        policy.check(url)
    assert policy.refusal("::ffff:10.1.2.3") is None
    for url in ("http://127.0.0.2", "http://10.2.0.1", "http://[::1]"):
        with pytest.raises(OutboundRefused):
            policy.check(url)
    assert policy.names("build.corp.") and policy.names("nas.lan")
    assert not policy.names("lan") and not policy.names("xbuild.corp")


def test_a_url_is_shown_without_what_may_be_secret() -> None:
    assert shown("https://user:pw@x.org/a?token=1#b") == "https://x.org/a"


CLOSED = st.one_of(
    *(
        st.integers(int(network[0]), int(network[-1]))
        for network in map(ipaddress.IPv4Network, ("127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"))
    )
)


@st.composite
def notations(draw: st.DrawFn, numbers: st.SearchStrategy[int] = CLOSED) -> str:
    """An IPv4 address as `inet_aton`, an IPv6 literal or a Unicode-minded client may write it."""
    value = draw(numbers)
    kind = draw(st.sampled_from(("parts", "mapped", "nat64")))
    if kind == "mapped":
        return f"[::ffff:{value >> 16:x}:{value & 0xFFFF:x}]"
    if kind == "nat64":
        return f"[64:ff9b::{value >> 16:x}:{value & 0xFFFF:x}]"
    count = draw(st.integers(1, 4))
    parts = [(value >> 24 - 8 * at) & 0xFF for at in range(count - 1)]
    parts.append(value & ((1 << 8 * (5 - count)) - 1))
    text = ".".join(draw(st.sampled_from((f"{part}", f"0x{part:x}", f"0X{part:08X}", f"0{part:o}"))) for part in parts)
    if draw(st.booleans()):
        text = text.translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"} | {ord("."): "。"})
    return text + draw(st.sampled_from(("", ".")))


@given(notations())
@settings(deadline=None, max_examples=400)
def test_no_notation_of_a_closed_address_passes(host: str) -> None:
    with pytest.raises(OutboundRefused):
        OPEN.check(f"http://{host}:80/")


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1))
@settings(deadline=None)
def test_what_this_python_knows_to_be_private_is_closed(four: int, six: int) -> None:
    for address in (ipaddress.IPv4Address(four), ipaddress.IPv6Address(six)):
        if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
            assert closed(address) is not None


@given(st.text("0123456789abcdefxX.:%[]", max_size=20))
@settings(deadline=None)
def test_any_host_is_an_address_a_name_or_refused(host: str) -> None:
    with contextlib.suppress(ValueError):
        parse_address(host)
