"""How much fits into a model's context: what its provider says, and what it turned out to be."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

from openclaw_rpc.domain.models import ChosenModel
from openclaw_rpc.domain.providers import Overflow, Provider

MARGIN: Final = 0.95
"""What is asked for of a window that a server told in its own tokens."""
UNTOLD: Final = 0.6
"""What is tried of a request that was too long by who knows how much."""
WORST: Final = 0.25
"""The least share of a server's tokens that an estimate has: each character is a token of its own."""
PROGRESS: Final = 0.9
"""What is tried at most of a request that was too long."""
LEAST: Final = 256


class Windows:
    """The windows of all models, in tokens as they are estimated here.

    A model may need more tokens for a text than that estimate has: once its server refused a request as too long, what
    it said is turned into such tokens, and holds from then on.
    """

    def __init__(self) -> None:
        self._found: WeakKeyDictionary[Provider, dict[str, int]] = WeakKeyDictionary()

    async def of(self, choice: ChosenModel) -> int:
        """How many tokens a request may hold, its answer included."""
        known = choice.provider.context_tokens(choice.model)
        if known is None:
            known = await choice.provider.find_context(choice.model)
        return min(known, self._found.get(choice.provider, {}).get(choice.model, known))

    def overflowed(self, choice: ChosenModel, overflow: Overflow, estimated: int) -> None:
        """A request of ``estimated`` tokens was too long. Of one that nothing can be left out of, nothing is learnt."""
        if estimated < 2 * LEAST:
            return
        limit, asked = overflow.limit, overflow.asked
        if limit and asked:
            found = int(MARGIN * limit * min(1.0, max(WORST, estimated / asked)))
        elif limit and limit < estimated:
            found = limit
        else:
            found = int(UNTOLD * estimated)
        self._found.setdefault(choice.provider, {})[choice.model] = max(LEAST, min(found, int(PROGRESS * estimated)))
