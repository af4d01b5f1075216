"""The PIN, and those who guess it."""

from collections.abc import Callable

import anyio
import anyio.lowlevel
import pytest

from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.protocol.errors import Forbidden
from openclaw_rpc.protocol.tool import ToolDenyParams
from tests.support.tools import ADA, EVE, PIN, ToolWorld

GUARDED = SecurityPolicy(require_pin_for=["shell", "file_*"])


@pytest.fixture
def world() -> ToolWorld:
    return ToolWorld(security=GUARDED)


async def reason(world: ToolWorld, pin: str | None, tool: str = "shell", principal=ADA) -> str | None:
    try:
        await world.guard.require(principal, tool, pin)
    except Forbidden as error:
        return error.reason
    return None


async def test_what_is_not_guarded_needs_no_pin(world: ToolWorld):
    assert await reason(world, None, "web_fetch") is None
    assert await reason(world, "wrong", "web_fetch") is None


async def test_what_is_guarded_needs_the_right_one(world: ToolWorld):
    assert await reason(world, None) == "pin_required"
    assert await reason(world, "1357") == "wrong_pin"
    assert await reason(world, None, "file_write") == "pin_required"
    assert await reason(world, PIN) is None


async def test_without_a_pin_set_the_message_says_how_to_set_one():
    world = ToolWorld(security=GUARDED, pin=None)
    with pytest.raises(Forbidden, match="openclaw pin set") as caught:
        await world.guard.require(ADA, "shell", "1234")
    assert caught.value.reason == "pin_not_set"


async def test_five_wrong_pins_lock_out_the_right_one_too_for_a_while(world: ToolWorld):
    assert [await reason(world, f"{at:04}") for at in range(5)] == [*["wrong_pin"] * 4, "pin_locked"]
    with pytest.raises(Forbidden) as caught:
        await world.guard.require(ADA, "shell", PIN)
    assert (caught.value.reason, caught.value.details["retryAfter"]) == ("pin_locked", 900)
    assert await reason(world, PIN, principal=EVE) is None
    world.clock.advance(899)
    assert await reason(world, PIN) == "pin_locked"
    world.clock.advance(2)
    assert await reason(world, PIN) is None
    assert await world.outcomes() == [*["pin_wrong"] * 4, "pin_locked"]


async def test_guesses_that_come_together_get_no_further(world: ToolWorld):
    answers: list[str | None] = []
    verify = world.pins.verify

    async def slowly(pin: str) -> bool:
        await anyio.lowlevel.checkpoint()
        return await verify(pin)

    world.pins.verify = slowly

    async def guess(pin: str) -> None:
        answers.append(await reason(world, pin))

    async with anyio.create_task_group() as group:
        for at in range(100):
            group.start_soon(guess, f"{at:04}")
        group.start_soon(guess, PIN)
    assert answers.count("wrong_pin") == 4
    assert answers.count("pin_locked") == 97


async def test_no_pin_of_four_digits_is_found_in_a_day(world: ToolWorld):
    tried = 0
    for at in range(24 * 4):
        for guess in range(20):
            if await reason(world, f"x{at}{guess}") == "wrong_pin":
                tried += 1
        world.clock.advance(900)
    assert tried <= 24 * 4 * 5


async def test_the_right_one_makes_the_wrong_ones_forgotten(world: ToolWorld):
    for _ in range(3):
        assert [await reason(world, pin) for pin in ("1", "2", "3", "4", PIN)] == [*["wrong_pin"] * 4, None]


async def test_a_guess_whose_caller_went_away_counts(world: ToolWorld):
    entered = anyio.Event()

    async def hang(pin: str) -> bool:
        entered.set()
        await anyio.sleep_forever()
        return False

    verify: Callable[[str], object] = world.pins.verify
    world.pins.verify = hang
    for _ in range(4):
        entered = anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(reason, world, "1111")
            with anyio.fail_after(5):
                await entered.wait()
            group.cancel_scope.cancel()
    world.pins.verify = verify  # type: ignore[assignment]
    assert await reason(world, "1111") == "pin_locked"


async def test_a_pin_of_any_length_is_just_wrong(world: ToolWorld):
    assert await reason(world, "1" * 100_000) == "wrong_pin"


async def test_how_many_and_how_long_are_settings(world: ToolWorld):
    world.policies.settings = SecurityPolicy(require_pin_for=["*"], pin_attempts=1, pin_lock_seconds=10)
    assert await reason(world, "0") == "pin_locked"
    world.clock.advance(11)
    assert await reason(world, PIN) is None


@pytest.mark.parametrize("dangerous", [True, False])
async def test_a_method_that_does_what_a_tool_does_is_guarded_like_it(world: ToolWorld, dangerous: bool):
    params = ToolDenyParams(approval_id="apr_1")
    done: list[str] = []
    for pin in (None, "1111", PIN):
        try:
            async with world.direct.around(ADA, "shell", params, pin, dangerous=dangerous):
                done.append(str(pin))
        except Forbidden:
            continue
    assert done == [PIN]
    assert await world.outcomes() == (["pin_wrong", "begun", "done"] if dangerous else ["pin_wrong"])


async def test_a_method_whose_tool_a_policy_denies_is_refused(world: ToolWorld):
    world.policies.settings = SecurityPolicy(policies={"shell": "deny"})
    with pytest.raises(Forbidden) as caught:
        async with world.direct.around(ADA, "shell", ToolDenyParams(approval_id="a"), None, dangerous=True):
            raise AssertionError
    assert caught.value.reason == "denied_by_policy"
    assert await world.outcomes() == ["denied"]
