"""The memories of users who have few, held in memory: what fits a question is found at once, without a thread.

Nothing is decided here: the file says what there is. A user's are loaded after a question that the file answered; what
is stored is added, and whatever else changes them drops them until the next question.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, NamedTuple

from openclaw_rpc.adapters.memory.rules import TOGETHER, best, enough, gathered, promising, telling
from openclaw_rpc.domain.memory.ports import Hit, Memory, MemoryQuery, Place
from openclaw_rpc.domain.memory.ranking import rarity, scores, sought

MOST: Final = 2_000
"""How many memories a user may have for them to be held."""
MOST_CHARACTERS: Final = 2_000_000
"""How many characters their words may have together."""
USERS: Final = 4
"""Of how many users they are held: of those who asked last."""


class Held(NamedTuple):
    """A memory, where it lies, and the words that it is found by: ``length`` of them, between single spaces."""

    memory: Memory
    place: Place
    words: str
    length: int


class _Few:
    """All memories of a user, the oldest first, and which of them hold a word or belong to a session."""

    def __init__(self) -> None:
        self.all: list[Held] = []
        self.characters = 0
        self._length = 0
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        self._sessions: defaultdict[str, set[int]] = defaultdict(set)

    def add(self, held: Held) -> None:
        number = len(self.all)
        self.all.append(held)
        self._length += held.length
        self.characters += len(held.words)
        for word in set(held.words.split(" ")):
            self._holders[word].append(number)
        if held.memory.session_key is not None:
            self._sessions[held.memory.session_key].add(number)

    def search(self, query: MemoryQuery) -> list[Hit]:
        """The best matches, by the rules of `finding.find`, in a time that grows with the words alone."""
        count, holders = len(self.all), {word: self._left(word, query.without_session) for word in query.words}
        words = telling({word: len(numbers) for word, numbers in holders.items()}, count, query.common)
        rarities = {word: rarity(len(holders[word]), count) for word in words}
        most = gathered(query, len(query.words))
        having = {word: set(holders[word][-most:]) for word in words if holders[word]}
        if not having:
            return []
        rarest = sorted(having, key=lambda word: len(holders[word]))
        for together in (rarest[:some] for some in TOGETHER if some <= len(rarest)):
            if len(holders[together[-1]]) > most:
                numbers = sorted(set(holders[together[0]]).intersection(*(holders[word] for word in together[1:])))
                for word in together:
                    having[word].update(numbers[-most:])
        asked = sought(rarities, having, {word for word in words if len(holders[word]) <= most})
        bodies = [
            (number, self.all[number].length, self.all[number].words)
            for number in islice(promising(having, rarities), enough(query.limit))
        ]
        found = scores(bodies, self._length / count, asked, sum(rarities.values()))
        return [
            Hit(memory=self.all[number].memory, score=value, place=self.all[number].place)
            for value, number in best(((value, number) for number, value in found.items()), query.limit)
        ]

    def _left(self, word: str, session: str | None) -> Sequence[int]:
        """Who holds a word, the oldest first, but for those of a session."""
        holders = self._holders.get(word, ())
        left_out = self._sessions.get(session) if session is not None else None
        return [number for number in holders if number not in left_out] if left_out else holders


class AtHand:
    """What is held, of which users, each with ``most`` at the most. Used in the loop alone."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._few: OrderedDict[str, _Few] = OrderedDict()
        self._many: set[str] = set()
        """Users who have too many."""
        self._changing: Counter[str] = Counter()
        """How many writes of a user's are under way."""
        self._changed: Counter[str] = Counter()
        """How many there were: what was read before the last of them is old."""
        self._everybody = 0
        """How often there was one of everybody's."""
        self._left: Counter[str] = Counter()
        """How many writes of a user's were left while they were under way, and may come yet."""
        self._settled: Counter[str] = Counter()
        """How many of those have come: a write that was begun after them has ended."""

    def search(self, query: MemoryQuery) -> list[Hit] | None:
        """What fits a question; None where the file has to be asked."""
        few = self._few.get(query.user) if _by_words_alone(query) else None
        if few is None:
            return None
        self._few.move_to_end(query.user)
        return few.search(query)

    def missing(self, query: MemoryQuery) -> int | None:
        """What to tell `take` of all memories of the asker that are read from now on; None where none should be."""
        user = query.user
        if not self.most or user in self._few or user in self._many or not _by_words_alone(query):
            return None
        return self._as_of(user)

    def take(self, user: str, as_of: int, memories: Iterable[Held] | None) -> None:
        """Hold a user's memories, None where they are too many, unless one was kept or removed meanwhile."""
        if self._as_of(user) != as_of:
            return
        if memories is None:
            self._many.add(user)
            return
        few = self._few[user] = _Few()
        for held in memories:
            few.add(held)
        if len(self._few) > USERS:
            self._few.popitem(last=False)
        self._let_go_of_many(user)

    @contextmanager
    def keeping(self, memories: Sequence[Held]) -> Generator[None]:
        """Around a write that keeps memories."""
        users = {held.memory.user for held in memories}
        with self._writing(users):
            yield
        for held in memories:
            if (few := self._few.get(held.memory.user)) is not None:
                few.add(held)
        for user in users:
            self._let_go_of_many(user)

    @contextmanager
    def removing(self, user: str) -> Generator[None]:
        """Around a write that removes memories of a user."""
        try:
            with self._writing({user}):
                yield
        finally:
            self.drop([user])

    def drop(self, users: Iterable[str] | None = None) -> None:
        """Hold nothing of these users, or of anybody, until they are read again."""
        if users is None:
            self._everybody += 1
            self._few.clear()
            self._many.clear()
            return
        for user in users:
            self._changed[user] += 1
            self._few.pop(user, None)
            self._many.discard(user)

    @contextmanager
    def _writing(self, users: Iterable[str]) -> Generator[None]:
        self._changing.update(users)
        left = {user: self._left[user] for user in users}
        try:
            yield
        except BaseException:
            self._left.update(users)
            self.drop(users)
            raise
        else:
            self._settled |= Counter(left)
        finally:
            self._changing.subtract(users)
            self._changed.update(users)

    def _as_of(self, user: str) -> int | None:
        sure = not self._changing[user] and self._left[user] <= self._settled[user]
        return self._changed[user] + self._everybody if sure else None

    def _let_go_of_many(self, user: str) -> None:
        few = self._few.get(user)
        if few is not None and (len(few.all) > self.most or few.characters > MOST_CHARACTERS):
            del self._few[user]
            self._many.add(user)


def _by_words_alone(query: MemoryQuery) -> bool:
    return query.prefix is None and not (query.place or query.since or query.until or query.category)
