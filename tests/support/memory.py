"""What tests of the memory share: a log that remembers, and a model of meanings."""

from collections.abc import Sequence
from typing import Any

from openclaw_rpc.domain.memory.ports import Memory
from openclaw_rpc.domain.memory.words import index_words, text_of
from openclaw_rpc.protocol.errors import BudgetExceeded, ProviderError

DAY = 86_400.0


class Lines:
    """A log that keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def debug(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("debug", event, fields))

    def info(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("error", event, fields))


class Topics:
    """A model that knows a few topics, a dimension each: a text's vector says which of them it speaks of."""

    model = "topics-1"

    def __init__(self, *topics: Sequence[str]) -> None:
        self.topics = topics
        self.asked: list[str] = []
        self.fails = False
        self.spent: set[str] = set()
        """Users whose budget is used up."""

    async def embed(self, texts: Sequence[str], user: str) -> list[list[float]]:
        if self.fails:
            raise ProviderError("the model is not there")
        if user in self.spent:
            raise BudgetExceeded(f"the budget of {user} is used up")
        self.asked.extend(texts)
        return [[float(any(word in text for word in topic)) for topic in self.topics] for text in texts]


def memory(
    key: str, value: Any = None, *, user: str = "owner", at: str = "2026-09-21T10:00:00.000Z", **more: Any
) -> Memory:
    return Memory(user=user, key=key, value=key if value is None else value, created_at=at, **more)


def words_of(entry: Memory) -> list[str]:
    return index_words(text_of([entry.key, entry.value, *entry.metadata.values(), list(entry.tags)]))
