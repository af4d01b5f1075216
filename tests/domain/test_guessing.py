"""Those who guess: counted by address and kind, locked ever longer, and nobody else with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain import guessing
from openclaw_rpc.domain.guessing import Guesses, Kind
from openclaw_rpc.protocol.errors import RateLimited
from openclaw_rpc.transports.proxies import client_of
from tests.support.clock import ManualClock


def tries(guesses: Guesses, address: str, kind: Kind = "token", most: int = 100) -> int:
    """How many wrong ones are looked at before the address is locked."""
    for count in range(most):
        try:
            guesses.check(address, kind)
        except RateLimited:
            return count
        guesses.failed(address, kind)
    return most


def wait_told(guesses: Guesses, address: str, kind: Kind = "token") -> int:
    with pytest.raises(RateLimited) as caught:
        guesses.check(address, kind)
    return caught.value.details["retryAfter"]


def test_ten_a_minute_are_looked_at_and_the_lock_doubles_to_a_quarter_of_an_hour() -> None:
    clock = ManualClock()
    guesses = Guesses(clock)
    locked: list[float] = []
    for _ in range(7):
        assert tries(guesses, "203.0.113.9") == 10
        begun = clock.monotonic()
        while True:
            try:
                guesses.check("203.0.113.9", "token")
                break
            except RateLimited as error:
                assert 1 <= error.details["retryAfter"] <= 60
                clock.advance(error.details["retryAfter"])
        locked.append(round(clock.monotonic() - begun))
    assert [abs(a - b) <= 2 for a, b in zip(locked, [60, 120, 240, 480, 900, 900, 900], strict=True)] == [True] * 7


def test_another_address_and_another_kind_are_unaffected() -> None:
    guesses = Guesses(ManualClock())
    assert tries(guesses, "203.0.113.9") == 10
    guesses.check("203.0.113.10", "token")
    guesses.check("203.0.113.9", "password")
    assert wait_told(guesses, "::ffff:203.0.113.9") <= 60


def test_an_address_of_ipv6_is_its_network() -> None:
    guesses = Guesses(ManualClock())
    for last in range(10):
        guesses.failed(f"2001:db8::{last:x}", "token")
    assert wait_told(guesses, "2001:db8::ffff")
    guesses.check("2001:db8:0:1::1", "token")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.9.9.9"])
def test_on_this_machine_tokens_are_not_counted_and_passwords_are(address: str) -> None:
    guesses = Guesses(ManualClock())
    assert tries(guesses, address, "token") == 100
    assert tries(guesses, address, "password") == 10


def test_few_failures_a_minute_never_lock() -> None:
    clock = ManualClock()
    guesses = Guesses(clock)
    for _ in range(100):
        guesses.check("203.0.113.9", "token")
        guesses.failed("203.0.113.9", "token")
        clock.advance(7)


def test_the_table_is_bounded_and_a_lock_is_not_washed_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "MOST_KEPT", 50)
    guesses = Guesses(ManualClock())
    assert tries(guesses, "203.0.113.9") == 10
    for number in range(500):
        guesses.failed(f"10.0.{number // 250}.{number % 250}", "token")
    assert wait_told(guesses, "203.0.113.9")
    assert len(guesses._tries) <= 50  # pyright: ignore[reportPrivateUsage]


ADDRESS = st.ip_addresses().map(str)


@given(ADDRESS, st.lists(ADDRESS, max_size=4))
def test_who_is_not_trusted_is_who_it_is(peer: str, said: list[str]) -> None:
    assert client_of(peer, [], [", ".join(said)], []) == peer
    assert client_of(peer, ["192.0.2.1"], [", ".join(said)], []) == peer or peer == "192.0.2.1"


@given(ADDRESS, st.lists(ADDRESS, max_size=4))
def test_behind_trusted_proxies_the_last_stranger_counts_whatever_is_said_before(client: str, lies: list[str]) -> None:
    proxies = ["192.0.2.0/24"]
    chain = ", ".join((*lies, client, "192.0.2.7"))
    seen = client_of("192.0.2.1", proxies, [chain], [])
    assert seen == client or client.startswith("192.0.2.")


@pytest.mark.parametrize(
    ("forwarded_for", "forwarded", "client"),
    [
        (["198.51.100.2:4711"], [], "198.51.100.2"),
        (["[2001:db8::1]:80"], [], "2001:db8::1"),
        (["a, 198.51.100.2"], [], "198.51.100.2"),
        (["198.51.100.2, nonsense"], [], "192.0.2.1"),
        (["6.6.6.6", "198.51.100.2"], [], "198.51.100.2"),
        ([], ['for="[2001:db8::1]:80";proto=https'], "2001:db8::1"),
        ([], ["for=6.6.6.6, for=198.51.100.2"], "198.51.100.2"),
        ([], [], "192.0.2.1"),
    ],
)
def test_what_proxies_say_is_read(forwarded_for: list[str], forwarded: list[str], client: str) -> None:
    assert client_of("192.0.2.1", ["192.0.2.1"], forwarded_for, forwarded) == client
